from __future__ import annotations

import os
from typing import Any

import pytest

Make = Any
TREE = "mkdir -p w/a/b w/c w/.d; touch w/a/1.py w/a/b/2.py w/a/b/3.txt w/c/4.py w/.d/5 w/.e w/6.txt"
SHOW = "find w -mindepth 1 | sort"


def left(job: Make) -> list[str]:
    return str(job.output(3)).split()


@pytest.mark.parametrize(
    ("contents", "stays"),
    [
        ("*.py", ["w/.d", "w/.d/5", "w/.e", "w/6.txt", "w/a", "w/a/b", "w/a/b/3.txt", "w/c", "w/c/4.py", "w/a/1.py"]),
        ("**/*.py", ["w/.d", "w/.d/5", "w/.e", "w/6.txt", "w/a", "w/a/b", "w/a/b/3.txt", "w/c"]),
        ("a\n{c,nothing}", ["w/.d", "w/.d/5", "w/.e", "w/6.txt"]),
        ("**/*\n!a/b/*.txt", ["w/.d", "w/.d/5", "w/.e", "w/a", "w/a/b", "w/a/b/3.txt"]),
        (".*", ["w/6.txt", "w/a", "w/a/b", "w/a/b/3.txt", "w/c", "w/c/4.py", "w/a/1.py", "w/a/b/2.py"]),
        ("# nothing", None),
        ("nothing", None),
    ],
)
def test_what_the_patterns_choose_goes_with_all_that_is_in_it(
    run_job: Make, task: Make, contents: str, stays: list[str] | None
) -> None:
    job = run_job(TREE, task("DeleteFiles@1", {"SourceFolder": "w", "Contents": contents}), SHOW)
    everything = [
        "w/.d",
        "w/.d/5",
        "w/.e",
        "w/6.txt",
        "w/a",
        "w/a/1.py",
        "w/a/b",
        "w/a/b/2.py",
        "w/a/b/3.txt",
        "w/c",
        "w/c/4.py",
    ]
    if contents == "*.py":  # counts from the source folder, as the task joins both
        stays = [*(stays or []), "w/a/b/2.py"]
    assert left(job) == sorted(everything if stays is None else stays, key=os.fsencode)


def test_hidden_files_go_when_asked_to_and_the_empty_source_folder_too(run_job: Make, task: Make) -> None:
    inputs = {"SourceFolder": "w", "Contents": "**/*", "RemoveSourceFolder": "true"}
    job = run_job(
        TREE,
        task("DeleteFiles@1", inputs),
        SHOW,
        task("DeleteFiles@1", {**inputs, "RemoveDotFiles": "true"}),
        "ls",
        task("DeleteFiles@1", inputs),
    )
    assert left(job) == ["w/.d", "w/.d/5", "w/.e"]
    assert job.output(5) == ""
    assert "No files to delete." in job.log(6)


def test_what_a_link_leads_to_stays(run_job: Make, task: Make) -> None:
    job = run_job(
        f"{TREE}; mkdir elsewhere; touch elsewhere/x.py; ln -s ../elsewhere w/link; ln -s nowhere w/broken",
        task("DeleteFiles@1", {"SourceFolder": "w", "Contents": "**/*"}),
        "ls elsewhere; find w -name link -o -name broken",
    )
    assert job.output(3) == "x.py\n"


def test_what_cannot_be_deleted_keeps_nobody_from_trying_the_rest(run_job: Make, task: Make) -> None:
    inputs = {"SourceFolder": "/proc/sys/kernel/random", "Contents": "uuid\nboot_id"}  # not even root may
    job = run_job("exit 0", task("DeleteFiles@1", inputs))
    assert job.results == ["Succeeded", "Failed"]
    assert len(job.issues("error")) == 3
    assert job.issues("error")[0].startswith("Failed rmRF: ")
    assert job.issues("error")[2] == "Couldn't delete one or more files"
