from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from typing import Any

import pytest

Make = Any
TREE = """
mkdir -p b/deep/er b/empty; echo 1 > b/one; head -c 100000 /dev/zero > b/deep/er/two; chmod 755 b/one
ln -s one b/link; touch -d 1970-01-01 b/deep/old; touch $'b/line\\nbreak'
"""
NAMES = ["deep", "deep/er", "deep/er/two", "deep/old", "empty", "line\nbreak", "link", "one"]


def sources(job: Make) -> Any:
    return job.dir / "work" / "s"


def zipped(job: Make, name: str) -> list[str]:
    with zipfile.ZipFile(sources(job) / name) as archive:
        assert archive.testzip() is None
        return sorted(each.rstrip("/") for each in archive.namelist())


def test_a_folder_is_zipped_with_its_name_or_without(run_job: Make, task: Make) -> None:
    inputs = {"rootFolderOrFile": "b", "archiveFile": "out/a.zip"}
    job = run_job(
        TREE,
        task("ArchiveFiles@2", inputs),
        task("ArchiveFiles@2", {**inputs, "includeRootFolder": "false", "archiveFile": "b.zip", "quiet": "true"}),
        task("ArchiveFiles@2", {**inputs, "rootFolderOrFile": "b/one", "archiveFile": "c.zip"}),
    )
    assert zipped(job, "out/a.zip") == sorted(["b", *(f"b/{name}" for name in NAMES)])
    assert zipped(job, "b.zip") == sorted(NAMES)
    assert zipped(job, "c.zip") == ["one"]
    log = job.log(2)
    assert "Found 1 files\nArchiving file: b\n  adding: b/ (stored 0%)\n" in log
    assert "  adding: b/deep/er/two (deflated 100%)\n" in log
    assert f"Successfully created archive: {sources(job)}/out/a.zip\n" in log
    assert "adding" not in job.log(3)
    assert "Found 5 files" in job.log(3)
    with zipfile.ZipFile(sources(job) / "b.zip") as archive:
        assert stat.S_IMODE(archive.getinfo("one").external_attr >> 16) == 0o755
        assert archive.read("link") == b"1\n"  # as `zip -r` follows links


@pytest.mark.parametrize(("compression", "mode"), [("gz", "r:gz"), ("bz2", "r:bz2"), ("xz", "r:xz"), ("None", "r:")])
def test_a_folder_becomes_a_tar(run_job: Make, task: Make, compression: str, mode: str) -> None:
    inputs = {"rootFolderOrFile": "b", "archiveType": "tar", "tarCompression": compression, "archiveFile": "a.tar"}
    job = run_job(TREE, task("ArchiveFiles@2", {**inputs, "verbose": "true"}))
    with tarfile.open(sources(job) / "a.tar", mode) as archive:  # type: ignore[call-overload]
        assert sorted(archive.getnames()) == sorted(["b", *(f"b/{name}" for name in NAMES)])
        assert archive.getmember("b/link").linkname == "one"
        assert archive.getmember("b/one").mode & 0o777 == 0o755
    assert "\nb/deep/\nb/deep/er/\nb/deep/er/two\n" in job.log(2)


def test_an_existing_archive_is_replaced_or_added_to(run_job: Make, task: Make) -> None:
    inputs = {"includeRootFolder": "false", "archiveFile": "a.zip", "rootFolderOrFile": "x"}
    tar = {"archiveType": "tar", "tarCompression": "none", "archiveFile": "a.tar", "replaceExistingArchive": "false"}
    job = run_job(
        "mkdir x y z; echo 1 > x/1; echo 2 > y/2; echo 3 > y/1; echo 4 > z/4",
        task("ArchiveFiles@2", inputs),
        task("ArchiveFiles@2", {**inputs, "rootFolderOrFile": "y", "replaceExistingArchive": "false"}),
        "python3 -c \"import zipfile as z; a = z.ZipFile('a.zip'); print(*sorted(a.namelist()), a.read('1'))\"",
        task("ArchiveFiles@2", {**inputs, "rootFolderOrFile": "z"}),
        task("ArchiveFiles@2", {**inputs, **tar}),
        task("ArchiveFiles@2", {**inputs, **tar, "rootFolderOrFile": "z"}),
        task("ArchiveFiles@2", {**inputs, **tar, "tarCompression": "gz"}, condition="always()"),
    )
    assert f"Archive file: {sources(job)}/a.zip already exists.  Attempting to add files to it." in job.log(3)
    assert job.output(4) == "1 2 b'3\\n'\n"
    assert f"Removing existing archive file before creation: {sources(job)}/a.zip" in job.log(5)
    assert zipped(job, "a.zip") == ["4"]
    with tarfile.open(sources(job) / "a.tar") as archive:
        assert archive.getnames() == ["1", "4"]
    assert "Cannot update compressed archives" in job.issues("error")[0]


def test_an_archive_in_its_own_folder_and_links_in_a_circle_do_no_harm(run_job: Make, task: Make) -> None:
    inputs = {"rootFolderOrFile": "w", "archiveFile": "w/a.zip", "replaceExistingArchive": "false"}
    job = run_job(
        "mkdir -p w/x; ln -s .. w/x/up; echo 1 > w/1",
        task("ArchiveFiles@2", inputs),
        task("ArchiveFiles@2", inputs),
    )
    assert [name for name in zipped(job, "w/a.zip") if "up" not in name] == ["w", "w/1", "w/x"]
    assert sorted(path.name for path in (sources(job) / "w").iterdir()) == ["1", "a.zip", "x"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"rootFolderOrFile": "nothing"}, "Not found rootFolderOrFile: "),
        ({"rootFolderOrFile": "nothing", "includeRootFolder": "false"}, "Not found rootFolderOrFile: "),
        ({"archiveFile": "b"}, "already exists and is not a file."),
        ({"archiveType": "rar"}, "Invalid value 'rar' of input archiveType"),
        ({"archiveType": "tar", "tarCompression": "zst"}, "Invalid value 'zst' of input tarCompression"),
    ],
)
def test_what_cannot_be_archived_fails_the_step(
    run_job: Make, task: Make, inputs: dict[str, str], message: str
) -> None:
    job = run_job("mkdir b", task("ArchiveFiles@2", {"rootFolderOrFile": "b", "archiveFile": "a.zip", **inputs}))
    assert job.result == "Failed"
    assert message in job.issues("error")[0]
    assert not list(sources(job).glob("*.new"))


def test_a_7z_needs_the_program_and_says_so(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir b", task("ArchiveFiles@2", {"archiveType": "7z", "rootFolderOrFile": "b", "archiveFile": "a.7z"})
    )
    if shutil.which("7z") or shutil.which("7zz") or shutil.which("7za"):
        assert (sources(job) / "a.7z").read_bytes()[:2] == b"7z"
    else:
        assert "Unable to locate executable file: '7z'" in job.issues("error")[0]
        assert "install 7-Zip" in job.issues("error")[0]


def test_the_program_gets_names_and_level_as_azures_task_gives_them(run_job: Make, task: Make) -> None:
    inputs = {"archiveType": "7z", "rootFolderOrFile": "b", "archiveFile": "a.7z", "sevenZipCompression": "ultra"}
    job = run_job(
        'mkdir b bin; printf \'#!/bin/sh\necho "$@"; cat "${6#@}"; exit 3\n\' > bin/7z; chmod +x bin/7z;'
        'echo "##vso[task.prependpath]$PWD/bin"',
        task("ArchiveFiles@2", {**inputs, "verbose": "true"}),
    )
    assert f"a -t7z -bb3 -mx=9 {sources(job)}/a.7z @" in job.log(2)
    assert "\nb\n" in job.log(2)
    assert "Archive creation failed for archive file: " in job.issues("error")[0]
    assert job.issues("error")[0].endswith("code: 3")
