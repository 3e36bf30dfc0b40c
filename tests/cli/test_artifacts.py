"""Artifacts and retention on the command line, as a user calls it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace

PIPELINE = """
steps:
- checkout: none
- script: mkdir -p out/deep; printf hello > out/a.txt; echo 1 > out/deep/b.log
- publish: out
  artifact: model
- script: echo "##vso[artifact.upload artifactname=drop]$PWD/out/a.txt"
- script: echo "##vso[artifact.associate artifactname=share;type=filepath]/mnt/share"
"""


def test_artifacts_are_listed_and_downloaded(workplace: Workplace) -> None:
    workplace.write(PIPELINE)
    workplace.commit()
    workplace.call("run")
    listed = json.loads(workplace.call("artifact", "list", "--json").stdout)
    assert [(each["name"], each["kind"], each["size"]) for each in listed] == [
        ("model", "pipeline", 7),
        ("drop", "container", 5),
        ("share", "filepath", 0),
    ]
    assert "/mnt/share" in workplace.call("artifact", "list", "1").stdout
    files = json.loads(workplace.call("artifact", "list", "1", "model", "--checksums", "--json").stdout)
    assert files[0] == {"path": "a.txt", "size": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}
    workplace.call("artifact", "download", "1", "model", "--pattern", "**/*.log", "--to", "some")
    workplace.call("artifact", "download", "1", "--to", "all")
    assert [path.name for path in (workplace.repo / "some").rglob("*") if path.is_file()] == ["b.log"]
    assert (
        (workplace.repo / "all/model/a.txt").read_text() == (workplace.repo / "all/drop/a.txt").read_text() == "hello"
    )


def test_names_that_climb_out_are_not_found(workplace: Workplace) -> None:
    workplace.write(PIPELINE)
    workplace.commit()
    workplace.call("run")
    for name in ("..", "../1", "/etc", ".about", ".staging", "share"):
        refused = workplace.call("artifact", "download", "1", name, "--to", "x", code=2)
        assert f"Artifact {name} was not found in this run" in refused.stderr
    assert not (workplace.repo / "x").exists()


def test_runs_are_kept_and_retention_says_what_goes(workplace: Workplace) -> None:
    workplace.write("steps: [{checkout: none}, {script: 'exit 1'}]")
    workplace.commit()
    workplace.call("run", code=1)
    workplace.call("run", code=1)
    assert "nothing is due" in workplace.call("retention").stderr
    assert "is kept for ever" in workplace.call("keep", "2", "--reason", "why not").stdout
    workplace.env["DRIVETRAIN_RETENTION_RECENT"] = "0"
    fates = json.loads(workplace.call("retention", "--all", "--json").stdout)
    whole = {fate["run"]: fate["at"] for fate in fates if fate["what"] == "run"}
    assert whole[2] is None
    assert whole[1] is not None
    assert {fate["run"] for fate in fates if fate["what"] == "work"} == {1, 2}
    assert "never" in workplace.call("retention", "--all").stdout
    assert workplace.call("retention", "--apply").stdout == "nothing is due\n"
    assert "is kept no longer" in workplace.call("unkeep", "2").stdout
    assert "was not kept by anybody" in workplace.call("unkeep", "2").stdout
    workplace.call("keep", "77", code=2)


def test_a_pipeline_resource_without_a_run_is_an_error_with_its_place(workplace: Workplace) -> None:
    workplace.write("resources:\n  pipelines:\n  - {pipeline: p, source: nowhere}\nsteps:\n- download: p\n")
    workplace.commit()
    refused = workplace.call("run", code=1)
    assert "azure-pipelines.yml:3:5" in refused.stderr
    assert "the pipeline resource 'p' has no run: The following pipeline does not exist: nowhere." in refused.stderr
    workplace.write(
        "resources:\n  pipelines:\n  - {pipeline: p, source: nowhere}\n"
        "steps:\n- script: echo $(resources.pipeline.p.runID)\n"
    )
    workplace.call("run")


def test_with_the_setting_off_other_pipelines_are_not_seen(workplace: Workplace) -> None:
    other = replace(workplace, repo=workplace.repo.with_name("other"))
    other.repo.mkdir()
    other.git("init", "--quiet")
    other.write(PIPELINE)
    other.commit()
    other.call("run")
    steps = "steps:\n- checkout: none\n- download: p\n"
    task = (
        "steps:\n- checkout: none\n- task: DownloadPipelineArtifact@2\n"
        "  inputs: {source: specific, project: a, pipeline: other, runVersion: %s, runId: 1, artifact: model}\n"
    )
    workplace.write("resources:\n  pipelines:\n  - {pipeline: p, source: other}\n" + steps)
    workplace.commit()
    workplace.env["DRIVETRAIN_ARTIFACTS_ACROSS_PROJECTS"] = "false"
    workplace.call("run", code=1)
    workplace.write(task % "latest")
    assert "The following pipeline does not exist: other" in workplace.call("run", code=1).stdout
    workplace.write(task % "specific")
    assert "there is no run 1 of this pipeline" in workplace.call("run", code=1).stdout
    workplace.env["DRIVETRAIN_ARTIFACTS_ACROSS_PROJECTS"] = "true"
    workplace.call("run")
