from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.plan.model import StepPlan
from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.run.predefined import PREDEFINED, Place, predefined
from drivetrain.run.runner.layout import RUNNER_VARIABLES, step_variables
from drivetrain.source.model import Commit
from tests.unit.run.engine_bench import job, legs, one_stage

if TYPE_CHECKING:
    from tests.unit.run.engine_bench import Bench

PAGE = Path(__file__).parents[3] / "docs" / "variables.md"


def test_every_predefined_variable_is_documented_and_no_other() -> None:
    text = PAGE.read_text("utf-8").partition("## Predefined")[2]
    documented = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE))
    engine = {variable.name: variable.source for variable in PREDEFINED}
    spec = JobSpec(1, "1", JobRef("S", "A"), 1, "", "", (), (), RepositorySource("", "", "", "", Commit("")), "", "")
    assert set(documented) == set(engine) | set(RUNNER_VARIABLES) | set(step_variables(spec, "a", 1, "A"))
    assert {name: documented[name] for name in engine} == engine


def test_the_table_is_in_order_and_names_nothing_twice() -> None:
    names = [variable.name.lower() for variable in PREDEFINED]
    assert names == sorted(set(names))


def test_a_run_a_stage_and_a_job_have_theirs(bench: Bench) -> None:
    pipeline = one_stage(job("Train", legs=legs("a", "b")))
    run = bench.create(pipeline)
    stage = pipeline.stages[0]
    leg = Place(run, pipeline, "http://127.0.0.1:9", stage, stage.jobs[0], stage.jobs[0].legs[1], 2)
    found = predefined(leg)
    wanted = {
        "Build.BuildId": "1",
        "Build.BuildNumber": "20260102.1",
        "Build.SourceBranchName": "main",
        "Build.SourceVersion": "a" * 40,
        "Build.Reason": "Manual",
        "System.CollectionUri": "http://127.0.0.1:9/",
        "System.JobIdentifier": "S.Train.b",
        "System.JobName": "b",
        "System.PhaseName": "Train",
        "System.JobAttempt": "2",
        "System.JobPositionInPhase": "2",
        "System.TotalJobsInPhase": "2",
        "System.StageName": "S",
        "System.TeamProject": "example",
    }
    assert {name: found[name] for name in wanted} == wanted
    assert "System.AccessToken" not in found
    of_stage = predefined(Place(run, pipeline, "", stage))
    assert "System.StageName" in of_stage
    assert "System.JobName" not in of_stage
    assert "System.StageName" not in predefined(Place(run, pipeline))


def test_ids_are_the_same_each_time_and_differ_by_job(bench: Bench) -> None:
    pipeline = one_stage(job("A"), job("B"))
    run = bench.create(pipeline)
    ids = [
        predefined(Place(run, pipeline, "", pipeline.stages[0], each))["System.JobId"]
        for each in (*pipeline.stages[0].jobs, *pipeline.stages[0].jobs)
    ]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
    assert str(JobRef("S", "A")) == "S.A"


@pytest.mark.parametrize(
    ("checkouts", "clean", "submodules"),
    [
        ([], "False", "False"),
        ([{"repository": "self"}], "False", "False"),
        ([{"repository": "self", "clean": "true", "submodules": "recursive"}], "True", "True"),
        ([{"repository": "self", "clean": "false", "submodules": "false"}], "False", "False"),
        ([{"repository": "other", "clean": "$(x)"}], "True", "False"),
        ([{"repository": "other", "clean": "true"}, {"repository": "self", "submodules": "true"}], "False", "True"),
    ],
)
def test_variables_of_the_checkout_are_those_of_the_one_or_of_self(
    bench: Bench, checkouts: list[dict[str, str]], clean: str, submodules: str
) -> None:
    steps = tuple(StepPlan(f"c{at}", "", "Checkout@1", inputs) for at, inputs in enumerate(checkouts))
    pipeline = one_stage(replace(job("Train"), steps=steps))
    stage = pipeline.stages[0]
    found = predefined(Place(bench.create(pipeline), pipeline, "", stage, stage.jobs[0], stage.jobs[0].legs[0]))
    assert found["Build.Repository.Clean"] == clean
    assert found["Build.Repository.Git.SubmoduleCheckout"] == submodules


def test_subversion_has_revisions_and_folders(bench: Bench) -> None:
    pipeline = one_stage(job("Train"))
    run = bench.create(pipeline)
    source = replace(run.source, ref="refs/heads/branches/next", provider="Svn", version="17")
    found = predefined(Place(replace(run, source=source), pipeline))
    wanted = {
        "Build.SourceVersion": "17",
        "Build.SourceBranch": "branches/next",
        "Build.SourceBranchName": "next",
        "Build.Repository.Provider": "Svn",
    }
    assert {name: found[name] for name in wanted} == wanted
