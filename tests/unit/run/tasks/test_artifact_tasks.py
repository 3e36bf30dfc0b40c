from __future__ import annotations

import tarfile
from typing import Any

import pytest

Make = Any


def test_a_folder_is_published_and_downloaded(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir -p out/deep; echo 1 > out/a.txt; echo 22 > out/deep/b.bin",
        task("PublishPipelineArtifact@1", {"targetPath": "out", "artifact": "model"}),
        task(
            "DownloadPipelineArtifact@2", {"source": "current", "artifact": "model", "path": "$(Pipeline.Workspace)/in"}
        ),
        "cd $(Pipeline.Workspace)/in && cat a.txt deep/b.bin",
    )
    assert job.entries("artifact.published") == [{"name": "model", "kind": "pipeline", "files": 2, "size": 5}]
    assert job.output(4) == "1\n22\n"


def test_all_artifacts_come_each_into_its_folder_and_patterns_choose(run_job: Make, task: Make) -> None:
    job = run_job(
        "echo 1 > a.txt; echo 2 > b.log",
        task("PublishPipelineArtifact@1", {"path": "a.txt", "artifactName": "one"}),
        task("PublishPipelineArtifact@1", {"path": "$(Build.SourcesDirectory)/b.log", "artifact": "two"}),
        task("DownloadPipelineArtifact@2", {"patterns": "**\n!**/*.log\n!*.log", "targetPath": "all"}),
        "cd $(Pipeline.Workspace)/all && find . -type f",
    )
    assert job.output(5) == "./one/a.txt\n"


def test_without_a_name_the_artifact_has_one_of_its_own(run_job: Make, task: Make) -> None:
    job = run_job("echo 1 > a.txt", task("PublishPipelineArtifact@1", {"path": "a.txt"}, name="Publish"))
    assert job.entries("artifact.published")[0]["name"] == "s.j.1.Publish"


def test_build_artifacts_are_published_as_folder_or_tar(run_job: Make, task: Make) -> None:
    job = run_job(
        "echo 1 > $(Build.ArtifactStagingDirectory)/x; chmod 755 $(Build.ArtifactStagingDirectory)/x",
        task("PublishBuildArtifacts@1"),
        task("PublishBuildArtifacts@1", {"artifactName": "packed", "StoreAsTar": "true"}),
    )
    assert [entry["name"] for entry in job.entries("artifact.published")] == ["drop", "packed"]
    assert {entry["kind"] for entry in job.entries("artifact.published")} == {"container"}
    with tarfile.open(job.root / "artifacts/1/packed/packed.tar") as archive:
        assert archive.getmember("./x").mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("reference", "inputs", "message"),
    [
        ("PublishPipelineArtifact@1", {"path": "missing", "artifact": "a"}, "Path does not exist"),
        ("PublishPipelineArtifact@1", {"path": ".", "artifact": "../a"}, "is not a name for an artifact"),
        ("PublishPipelineArtifact@1", {"path": ".", "publishLocation": "filepath"}, "file share is not supported"),
        ("PublishBuildArtifacts@1", {"PathtoPublish": "missing"}, "Not found PathtoPublish"),
        ("PublishBuildArtifacts@1", {"publishLocation": "FilePath"}, "file share is not supported"),
        ("PublishBuildArtifacts@1", {"ArtifactName": "../x", "StoreAsTar": "true"}, "is not a name for an artifact"),
        ("DownloadPipelineArtifact@2", {"artifact": "none"}, "Artifact none was not found in this run"),
        ("DownloadPipelineArtifact@2", {"buildType": "specific"}, "not yet supported"),
    ],
)
def test_what_cannot_be_done_is_said(
    run_job: Make, task: Make, reference: str, inputs: dict[str, str], message: str
) -> None:
    job = run_job(task(reference, inputs))
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]
