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
        task("DownloadPipelineArtifact@2", {"patterns": "**\n!**/*.log", "targetPath": "$(Pipeline.Workspace)/all"}),
        "cd $(Pipeline.Workspace)/all && find . -type f",
    )
    assert job.output(5) == "./one/a.txt\n"


def test_without_a_name_the_artifact_has_one_of_its_own(run_job: Make, task: Make) -> None:
    job = run_job("echo 1 > a.txt", task("PublishPipelineArtifact@1", {"path": "a.txt"}, name="Publish"))
    assert job.entries("artifact.published")[0]["name"] == "s.j"


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
        ("DownloadPipelineArtifact@2", {"buildType": "specific"}, "null or empty: Project Name"),
        ("DownloadPipelineArtifact@2", {"source": "specific", "project": "p"}, "null or empty: Pipeline Definition"),
        ("DownloadPipelineArtifact@2", {"source": "other"}, "Invalid value 'other' of input buildType"),
        (
            "DownloadPipelineArtifact@2",
            {"source": "specific", "project": "p", "pipeline": "x", "runVersion": "specific", "runId": "../1"},
            "Run Id is not valid: ../1",
        ),
        ("DownloadPipelineArtifact@0", {"artifactName": "a"}, "Input required: targetPath"),
        ("DownloadPipelineArtifact@1", {}, "Could not find any pipeline artifacts in the build"),
        ("DownloadBuildArtifacts@1", {}, "Input required: artifactName"),
        (
            "DownloadBuildArtifacts@1",
            {"artifactName": "a", "cleanDestinationFolder": "true", "downloadPath": "/tmp"},
            "is outside the job's folder",
        ),
        ("PublishPipelineArtifact@1", {"path": ".", "properties": "x"}, "is not valid JSON: 'x'"),
        ("PublishPipelineArtifact@1", {"path": ".", "properties": '{"a": "b"}'}, "must be prefixed with 'user-'"),
        ("PublishBuildArtifacts@1", {"ArtifactName": "a+b", "PathtoPublish": "."}, "can not contain '+'"),
        ("PublishBuildArtifacts@1", {"PathtoPublish": ".", "MaxArtifactSize": "many"}, "of input MaxArtifactSize"),
    ],
)
def test_what_cannot_be_done_is_said(
    run_job: Make, task: Make, reference: str, inputs: dict[str, str], message: str
) -> None:
    job = run_job(task(reference, inputs))
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


def test_a_pipeline_artifact_is_published_once(run_job: Make, task: Make) -> None:
    publish = task("PublishPipelineArtifact@1", {"path": ".", "artifact": "model"})
    job = run_job("echo 1 > a.txt", publish, publish)
    assert job.results == ["Succeeded", "Succeeded", "Failed"]
    assert job.issues("error") == ["Artifact model already exists in this run\npublish under another name"]


def test_a_later_attempt_at_a_job_replaces_what_an_earlier_one_published(make_job: Make, task: Make) -> None:
    publish = task("PublishPipelineArtifact@1", {"path": "a.txt", "artifact": "model"})
    first = make_job("echo 1 > a.txt", publish).start().wait()
    again = make_job("echo 22 > a.txt", publish, attempt=2, artifacts=str(first.root / "artifacts/1")).start().wait()
    assert again.results == ["Succeeded", "Succeeded"]
    assert (first.root / "artifacts/1/model/a.txt").read_text() == "22\n"
    other = make_job(publish, attempt=1, artifacts=str(first.root / "artifacts/1")).start().wait()
    assert other.results == ["Failed"]


def test_build_artifacts_of_one_name_are_one_container(run_job: Make, task: Make) -> None:
    publish = task("PublishBuildArtifacts@1", {"PathtoPublish": "out"})
    job = run_job(
        "mkdir -p out/deep; echo 1 > out/a; echo 2 > out/deep/b",
        publish,
        "rm -r out; mkdir -p out/deep; echo 333 > out/a; echo 4 > out/deep/c",
        publish,
        task("DownloadBuildArtifacts@1", {"artifactName": "drop", "checkDownloadedFiles": "true"}),
        "cd $(System.ArtifactsDirectory)/drop && cat a deep/b deep/c",
    )
    assert job.output(6) == "333\n2\n4\n"
    assert [(entry["files"], entry["size"]) for entry in job.entries("artifact.published")] == [(2, 4), (3, 8)]
    assert "Artifact items integrity check successfully finished" in job.log(5)


def test_a_file_and_a_folder_of_one_name_do_not_merge(run_job: Make, task: Make) -> None:
    publish = task("PublishBuildArtifacts@1", {"PathtoPublish": "out"})
    job = run_job(
        "mkdir out; echo 1 > out/a; echo 1 > out/0",
        publish,
        "rm out/a; mkdir out/a; echo 2 > out/a/b; echo 2 > out/0",
        publish,
    )
    assert job.results[-1] == "Failed"
    assert "has both a file and a folder a" in job.issues("error")[0]
    assert (job.root / "artifacts/1/drop/0").read_text() == "1\n"


def test_kinds_do_not_mix_under_one_name(run_job: Make, task: Make) -> None:
    job = run_job(
        "echo 1 > a",
        task("PublishPipelineArtifact@1", {"path": "a", "artifact": "one"}),
        task("PublishBuildArtifacts@1", {"PathtoPublish": "a", "ArtifactName": "one"}, condition="always()"),
        "echo '##vso[artifact.associate artifactname=one]#/1/x'",
    )
    assert job.results == ["Succeeded", "Succeeded", "Failed", "Skipped"]


def test_an_empty_folder_is_only_warned_of(run_job: Make, task: Make) -> None:
    job = run_job(task("PublishBuildArtifacts@1"))
    assert job.results == ["Succeeded"]
    assert job.entries("artifact.published") == []
    assert "is empty. Nothing will be added to build artifact 'drop'." in job.issues("warning")[0]


def test_what_artifactignore_names_stays_out(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir -p .git src/bin dist/logs; touch .git/config a.log src/x.py src/bin/y.o dist/logs/z dist/w",
        task("PublishPipelineArtifact@1", {"path": ".", "artifact": "without"}),
        "printf '%s\\n' '# comment' '' '*.log' '/src/bin/' 'logs' '!w' > .artifactignore",
        task("PublishPipelineArtifact@1", {"path": ".", "artifact": "some"}),
        "printf '%s\\n' '**/*' '!dist/**' > .artifactignore",
        task("PublishPipelineArtifact@1", {"path": ".", "artifact": "only"}),
        ": > .artifactignore",
        task("PublishPipelineArtifact@1", {"path": ".", "artifact": "all"}),
    )

    def files(name: str) -> set[str]:
        root = job.root / "artifacts/1" / name
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}

    assert files("without") == {"a.log", "src/x.py", "src/bin/y.o", "dist/logs/z", "dist/w"}
    assert files("some") == {".artifactignore", ".git/config", "src/x.py", "dist/w"}
    assert files("only") == {"dist/logs/z", "dist/w"}
    assert ".git/config" in files("all")
    assert not (job.root / "artifacts/1/only/src").exists()


def test_properties_are_kept_with_the_artifact(run_job: Make, task: Make) -> None:
    inputs = {"path": "a", "artifact": "one", "properties": '{"user-score": "0.9"}'}
    job = run_job("echo 1 > a", task("PublishPipelineArtifact@1", inputs))
    assert job.entries("artifact.published")[0]["properties"] == {"user-score": "0.9"}


def test_patterns_see_the_name_of_a_container_but_not_of_one_pipeline_artifact(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir out; touch out/a.txt out/b.log",
        task("PublishPipelineArtifact@1", {"path": "out", "artifact": "pipe"}),
        task("PublishBuildArtifacts@1", {"PathtoPublish": "out"}),
        task("DownloadPipelineArtifact@2", {"artifact": "pipe", "patterns": "*.txt", "path": "1"}),
        task("DownloadPipelineArtifact@2", {"artifact": "drop", "patterns": "*.txt", "path": "2"}),
        task("DownloadPipelineArtifact@2", {"artifact": "drop", "patterns": "drop/*.txt", "path": "3"}),
        task("DownloadPipelineArtifact@2", {"patterns": "*/*.txt", "path": "4"}),
        task("DownloadPipelineArtifact@1", {"itemPattern": "*.txt", "targetPath": "5"}),
        task("DownloadPipelineArtifact@0", {"artifactName": "pipe", "targetPath": "6"}),
        task("DownloadBuildArtifacts@1", {"downloadType": "specific", "itemPattern": "*/*.log", "downloadPath": "7"}),
        task("DownloadBuildArtifacts@1", {"artifactName": "pipe", "itemPattern": "*.log", "downloadPath": "8"}),
        task("DownloadBuildArtifacts@0", {"artifactName": "pipe", "downloadPath": "9"}),
        "find 1 2 3 4 5 6 7 8 9 -type f | sort; echo $(BuildNumber) $(DownloadPipelineArtifactResourceTypes)",
    )
    assert job.output(13) == (
        "1/a.txt\n3/a.txt\n4/drop/a.txt\n4/pipe/a.txt\n5/pipe/a.txt\n6/a.txt\n6/b.log\n"
        "7/drop/b.log\n7/pipe/b.log\n8/b.log\n1 PipelineArtifact\n"
    )
    assert "Unsupported artifact type: PipelineArtifact" in job.log(12)


def test_tars_are_stored_and_extracted_and_nothing_climbs_out(run_job: Make, task: Make) -> None:
    evil = (
        "import io, tarfile; a = tarfile.open('evil/e.tar', 'w'); i = tarfile.TarInfo('../../../climbed'); i.size = 1"
    )
    job = run_job(
        "mkdir out evil; echo 1 > out/x; chmod 755 out/x",
        task("PublishBuildArtifacts@1", {"PathtoPublish": "out", "StoreAsTar": "true"}),
        task("DownloadBuildArtifacts@1", {"artifactName": "drop", "extractTars": "true", "downloadPath": "in"}),
        "test -x in/extracted_tars/drop/x && test ! -e in/drop/drop.tar",
        f"python3 -c \"{evil}; a.addfile(i, io.BytesIO(b'!')); a.close()\"",
        task("PublishBuildArtifacts@1", {"PathtoPublish": "evil", "ArtifactName": "evil"}),
        task("DownloadBuildArtifacts@1", {"artifactName": "evil", "extractTars": "true", "downloadPath": "in"}),
    )
    assert job.results == ["Succeeded"] * 6 + ["Failed"]
    assert "Failed to extract tar archive" in job.issues("error")[0]
    assert not list(job.root.rglob("climbed"))


def test_the_destination_is_cleaned_when_asked(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir -p in/old; touch in/old/file in/link-target; ln -s /etc in/etc; echo 1 > a",
        task("PublishBuildArtifacts@1", {"PathtoPublish": "a"}),
        task(
            "DownloadBuildArtifacts@1",
            {"artifactName": "drop", "downloadPath": "in", "cleanDestinationFolder": "true"},
        ),
        "ls in; test -e /etc/passwd",
    )
    assert job.output(4) == "drop\n"


def test_artifacts_that_are_too_large_are_refused(run_job: Make, task: Make) -> None:
    job = run_job("echo 123 > a", task("PublishBuildArtifacts@1", {"PathtoPublish": "a", "MaxArtifactSize": "3"}))
    assert "has 4 bytes, more than MaxArtifactSize allows (3)" in job.issues("error")[0]
    assert not (job.root / "artifacts").exists()


def test_an_artifact_elsewhere_is_noted(run_job: Make) -> None:
    job = run_job(
        "echo '##vso[artifact.associate artifactname=share;type=filepath]/mnt/share'",
        "echo '##vso[artifact.associate artifactname=tfvc]$/a/b'",
        "echo '##vso[artifact.associate artifactname=x]somewhere'",
    )
    noted = [(entry["name"], entry["kind"], entry["location"]) for entry in job.entries("artifact.published")]
    assert noted == [("share", "filepath", "/mnt/share"), ("tfvc", "versioncontrol", "$/a/b")]
    assert "Can't infer artifact type from artifact location: somewhere." in job.issues("error")[0]
