from __future__ import annotations

from typing import Any

import pytest

Make = Any
MAKE = """
mkdir -p a/deep in; echo 1 > a/one; echo 2 > a/deep/two
python3 - <<'EOF'
import tarfile, zipfile
with zipfile.ZipFile("in/a.zip", "w") as z: z.write("a/one", "one"); z.write("a/deep/two", "deep/two")
with zipfile.ZipFile("in/b.jar", "w") as z: z.write("a/one", "jar")
for kind in ("gz", "bz2", "xz"):
    with tarfile.open(f"in/c.tar.{kind}", f"w:{kind}") as t: t.add("a", f"{kind}")
with tarfile.open("in/one.tar", "w") as t: t.add("a/one", "one")
with tarfile.open("in/evil.tgz", "w:gz") as t: t.add("a/one", "../../evil")
with open("in/c.tar.gz", "rb") as f, open("in/torn.tgz", "wb") as g: g.write(f.read()[:60])
EOF
"""


def found(job: Make, name: str = "out") -> list[str]:
    root = job.dir / "work" / "s" / name
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_archives_of_every_kind_are_found_by_patterns_and_extracted(run_job: Make, task: Make) -> None:
    patterns = "in/*.zip\nin/a.zip\n**/*.jar\nin/c.*"
    job = run_job(
        MAKE,
        task("ExtractFiles@1", {"archiveFilePatterns": patterns, "destinationFolder": "out"}),
    )
    assert found(job) == sorted(
        ["deep/two", "jar", "one", *(f"{kind}/{name}" for kind in ("gz", "bz2", "xz") for name in ("one", "deep/two"))]
    )
    log, sources = job.log(2), job.dir / "work" / "s"
    assert f"Searching for: *.zip under directory: {sources}/in/\n" in log
    assert f"No path specified for search pattern: **/*.jar defaulting to: {sources}\n" in log
    assert f"Found: 5 files to extract:\n{sources}/in/a.zip\n{sources}/in/b.jar\n" in log
    assert f"Creating destination folder: {sources}/out\nExtracting file: {sources}/in/a.zip\none\n" in log
    assert "Successfully extracted all files.\n" in log


def test_the_destination_is_cleaned_and_files_replaced_only_when_asked_to(run_job: Make, task: Make) -> None:
    keep = {"destinationFolder": "out", "cleanDestinationFolder": "false"}
    zip_, tar = {**keep, "archiveFilePatterns": "in/a.zip"}, {**keep, "archiveFilePatterns": "in/one.tar"}
    job = run_job(
        f"{MAKE}\nmkdir out; echo old > out/one; echo old > out/other",
        task("ExtractFiles@1", zip_),
        "cat out/one out/other out/deep/two",
        task("ExtractFiles@1", {**tar, "overwriteExistingFiles": "true"}),
        "cat out/one",
        task("ExtractFiles@1", {**tar, "cleanDestinationFolder": "true"}),
        "find out -type f",
        task("ExtractFiles@1", tar),
    )
    assert job.output(3) == "old\nold\n2\n"
    assert "one: exists already, and is kept" in job.log(2)
    assert job.output(5) == "1\n"
    assert job.output(7) == "out/one\n"
    assert job.results[7] == "Failed"
    assert "1 files exist already" in job.issues("error")[0]


def test_what_cannot_be_extracted_fails_the_step(run_job: Make, task: Make) -> None:
    cases = {
        "in/evil.tgz": "a name in it climbs out of the folder: ../../evil. Nothing was extracted.",
        "in/torn.tgz": "in/torn.tgz: ",
        "in": "can not be extracted because it is a directory.",
        "nothing.zip": "can not be extracted because it can not be accessed",
        "nowhere/*.zip": "the specified search directory: ",
        "in/x.tar.Z": "is compressed in a way that is not known here",
        "in/x.7z": "Unable to locate executable file: '/no/7z'",
    }
    steps = [
        task(
            "ExtractFiles@1",
            {"archiveFilePatterns": name, "destinationFolder": "out", "pathToSevenZipTool": "/no/7z"},
            condition="always()",
        )
        for name in cases
    ]
    job = run_job(f"{MAKE}\ntouch in/x.tar.Z in/x.7z", *steps)
    assert job.results == ["Succeeded", *["Failed"] * len(cases)]
    for message, wanted in zip(job.issues("error"), cases.values(), strict=True):
        assert wanted in message
    assert not list(job.dir.rglob("evil"))


def test_no_archive_is_a_warning(run_job: Make, task: Make) -> None:
    job = run_job(task("ExtractFiles@1", {"destinationFolder": "out"}))
    assert job.issues("warning") == ["No archives were found using specified file patterns"]
    assert job.results == ["Succeeded"]


def test_other_archives_go_through_the_program_7z(run_job: Make, task: Make) -> None:
    fake = "#!/bin/sh\nfor word; do case $word in -o*) mkdir -p ${word#-o}/d; echo $* > ${word#-o}/d/x;; esac; done"
    job = run_job(
        f"printf '%s' '{fake}' > 7z; chmod +x 7z; touch a.7z",
        task(
            "ExtractFiles@1",
            {
                "archiveFilePatterns": "a.7z",
                "destinationFolder": "out",
                "pathToSevenZipTool": "$(System.DefaultWorkingDirectory)/7z",
            },
        ),
    )
    assert found(job) == ["d/x"]


@pytest.mark.parametrize("contents", ["out/*.zip"])
def test_an_archive_in_the_folder_that_is_cleaned_is_missed(run_job: Make, task: Make, contents: str) -> None:
    job = run_job(
        f"{MAKE}\nmkdir out; cp in/a.zip out",
        task("ExtractFiles@1", {"archiveFilePatterns": contents, "destinationFolder": "out"}),
    )
    assert "because it does not exist.\nwas it in the destination folder" in job.issues("error")[0]
