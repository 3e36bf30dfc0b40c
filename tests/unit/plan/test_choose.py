"""Which stages and jobs of a plan are to run."""

from __future__ import annotations

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.choose import Choice, choose
from tests.unit.run.engine_bench import job, plan, stage

PLAN = plan(
    stage("Build", job("Compile"), job("Test", "Compile")),
    stage("Audit", job("Scan"), depends_on=["Build"], skippable=False, position="f.yml:7:3"),
    stage("Deploy", job("Test"), job("Ship"), depends_on=["Audit"]),
)


def left(choice: Choice) -> list[str]:
    """The jobs that are to run."""
    return [
        f"{each.name}.{of.name}"
        for each in choose(PLAN, choice).stages
        if not each.left_out
        for of in each.jobs
        if not of.left_out
    ]


def test_without_a_choice_all_of_it_runs() -> None:
    assert choose(PLAN, Choice()) is PLAN


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Choice(stages=("audit",)), ["Audit.Scan"]),
        (Choice(stages=("Audit", "DEPLOY")), ["Audit.Scan", "Deploy.Test", "Deploy.Ship"]),
        (Choice(jobs=("Scan", "test")), ["Build.Test", "Audit.Scan", "Deploy.Test"]),
        (Choice(jobs=("Scan", "deploy.ship")), ["Audit.Scan", "Deploy.Ship"]),
        (Choice(stages=("Audit", "Deploy"), jobs=("Scan", "Test")), ["Audit.Scan", "Deploy.Test"]),
        (Choice(skip=("build",)), ["Audit.Scan", "Deploy.Test", "Deploy.Ship"]),
    ],
)
def test_the_rest_is_left_out(choice: Choice, wanted: list[str]) -> None:
    assert left(choice) == wanted


@pytest.mark.parametrize(
    ("choice", "message", "hint"),
    [
        (Choice(stages=("Bild",)), "there is no stage Bild", "stages of this pipeline: Build, Audit, Deploy"),
        (Choice(skip=("Bild",)), "there is no stage Bild", "stages of this pipeline: Build, Audit, Deploy"),
        (Choice(jobs=("Shup",)), "there is no job Shup", "Build.Compile, Build.Test, Audit.Scan, Deploy.Test"),
        (Choice(stages=("Audit",), jobs=("Ship",)), "there is no job Ship", "jobs of this pipeline: Audit.Scan"),
    ],
)
def test_an_unknown_name_is_told_with_those_that_there_are(choice: Choice, message: str, hint: str) -> None:
    with pytest.raises(NotFoundError, match=message) as error:
        choose(PLAN, choice)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("choice", "hint"),
    [
        (Choice(stages=("Build",)), "add --stage Audit"),
        (Choice(jobs=("Ship",)), "add --stage Audit"),
        (Choice(skip=("Audit",)), "leave it in the run"),
    ],
)
def test_a_stage_that_is_not_skippable_cannot_be_left_out(choice: Choice, hint: str) -> None:
    with pytest.raises(UserError, match=r"f\.yml:7:3: stage Audit cannot be left out") as error:
        choose(PLAN, choice)
    assert error.value.hint == hint


def test_something_has_to_be_left() -> None:
    with pytest.raises(UserError, match="all stages would be left out"):
        choose(plan(stage("A", job("J"))), Choice(skip=("A",)))
