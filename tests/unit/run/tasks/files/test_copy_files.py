from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import pytest

from drivetrain.run.journal import read_journal

Make = Any
TREE = """mkdir -p src/a/b src/.hidden 'src/x[1]'
echo 1 > src/a/one.py; echo 2 > src/a/b/two.py; echo 3 > src/a/b/notes.txt; echo 4 > src/.hidden/four
echo 5 > 'src/x[1]/five.py'; chmod 755 src/a/one.py; touch -d 2020-01-02T03:04:05Z src/a/one.py
ln -s ../one.py src/a/b/link.py"""


def tree(job: Make, name: str = "out") -> dict[str, str]:
    root = job.dir / "work" / "s" / name
    return {str(path.relative_to(root)): path.read_text().strip() for path in sorted(root.rglob("*")) if path.is_file()}


def test_everything_is_copied_as_it_lies_and_the_log_says_what_azures_does(run_job: Make, task: Make) -> None:
    job = run_job(TREE, task("CopyFiles@2", {"SourceFolder": "src", "TargetFolder": "out"}))
    assert tree(job) == {
        ".hidden/four": "4",
        "a/b/link.py": "1",
        "a/b/notes.txt": "3",
        "a/b/two.py": "2",
        "a/one.py": "1",
        "x[1]/five.py": "5",
    }
    sources = job.dir / "work" / "s"
    assert f"found 6 files\nCopying {sources}/src/.hidden/four to {sources}/out/.hidden/four\n" in job.log(2)
    assert not (sources / "out" / "a" / "b" / "link.py").is_symlink()
    assert os.access(sources / "out" / "a" / "one.py", os.X_OK)


def test_patterns_choose_and_folders_can_be_flattened(run_job: Make, task: Make) -> None:
    inputs = {"SourceFolder": "src", "Contents": "# only python\n**/*.py\n!x*/**\n!**/link*"}
    job = run_job(
        TREE,
        task("CopyFiles@2", {**inputs, "TargetFolder": "out"}),
        task("CopyFiles@2", {**inputs, "TargetFolder": "flat", "flattenFolders": "true"}),
        task("CopyFiles@2", {**inputs, "Contents": "*.nothing", "TargetFolder": "none"}),
    )
    assert tree(job) == {"a/b/two.py": "2", "a/one.py": "1"}
    assert tree(job, "flat") == {"two.py": "2", "one.py": "1"}
    assert "found 0 files" in job.log(4)
    assert not (job.dir / "work" / "s" / "none").exists()


def test_what_is_there_stays_unless_it_may_be_replaced_or_the_target_is_cleaned(run_job: Make, task: Make) -> None:
    inputs = {"SourceFolder": "src", "Contents": "a/*.py", "TargetFolder": "out"}
    job = run_job(
        f"{TREE}; mkdir -p out/a out/old; echo old > out/a/one.py; echo kept > out/old/x",
        task("CopyFiles@2", inputs),
        task("CopyFiles@2", {**inputs, "OverWrite": "true"}),
        "cat out/a/one.py out/old/x",
        task("CopyFiles@2", {**inputs, "CleanTargetFolder": "true", "preserveTimestamp": "true"}),
    )
    assert "/src/a/one.py already exist at " in job.log(2)
    assert job.output(4) == "1\nkept\n"
    assert f"Cleaning target folder: {job.dir}/work/s/out\n" in job.log(5)
    assert "Timestamp preserved successfully - access time: " in job.log(5)
    assert tree(job) == {"a/one.py": "1"}
    assert (job.dir / "work/s/out/a/one.py").stat().st_mtime == 1577934245


@pytest.mark.parametrize(
    ("before", "inputs", "message"),
    [
        (":", {"SourceFolder": "nothing"}, "Not found SourceFolder: "),
        (f"{TREE}; mkdir -p out/a/one.py", {"SourceFolder": "src"}, "The target path already exists as a directory."),
        ("mkdir src; ln -s nowhere src/x", {"SourceFolder": "src"}, '/src/x" does not exist'),
        (f"{TREE}; touch out", {"SourceFolder": "src"}, "File exists"),
        ("echo 1 > x", {"TargetFolder": ""}, "Input required: TargetFolder"),
    ],
    ids=["no-source", "folder-in-the-way", "broken-link", "file-in-the-way", "no-target"],
)
def test_what_cannot_be_copied_fails_the_step(
    run_job: Make, task: Make, before: str, inputs: dict[str, str], message: str
) -> None:
    job = run_job(before, task("CopyFiles@2", {"TargetFolder": "out", **inputs}))
    assert job.results == ["Succeeded", "Failed"]
    assert message in job.issues("error")[0]


def test_a_link_that_leads_nowhere_does_no_harm_where_no_pattern_wants_it(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir src; ln -s nowhere src/x; echo 1 > src/a.py",
        task("CopyFiles@2", {"SourceFolder": "src", "Contents": "*.py", "TargetFolder": "out"}),
    )
    assert tree(job) == {"a.py": "1"}


def test_what_fails_is_tried_again_and_errors_of_folders_can_be_ignored(run_job: Make, task: Make) -> None:
    inputs = {"SourceFolder": "src", "Contents": "a/one.py", "TargetFolder": "file/out", "retryCount": "3"}
    job = run_job(
        f"{TREE}; touch file",
        task("CopyFiles@2", {**inputs, "delayBetweenRetries": "1", "ignoreMakeDirErrors": "true"}),
    )
    log = job.log(2)
    assert log.count("Error while makeDirP for ") == 4  # of the target, and of the folder of the file
    assert "Remaining attempts: 1" in log
    assert "Ignoring this as error since 'ignoreErrors' is true." in log
    assert "Error while copy " in log
    assert job.results[1] == "Failed"


def test_a_canceled_job_ends_between_two_tries(make_job: Make, task: Make, until: Make) -> None:
    inputs = {"SourceFolder": "src", "TargetFolder": "file/out", "retryCount": "9", "delayBetweenRetries": "600000"}
    job = make_job(f"{TREE}; touch file", task("CopyFiles@2", inputs)).start()
    log = job.dir / "logs" / "002.log"
    until(lambda: log.exists() and "Remaining attempts: 8" in log.read_text(), "the first failure")
    (job.dir / "cancel").write_text("enough")
    assert job.wait().results == ["Succeeded", "Canceled"]
    assert job.result == "Canceled"


def test_ten_thousand_files_are_copied_in_a_time_that_shows_no_square(run_job: Make, task: Make) -> None:
    job = run_job(
        "mkdir -p src/{0..99} && cd src && for i in {0..99}; do touch $i/{1..100}.py; done",
        task("CopyFiles@2", {"SourceFolder": "src", "Contents": "**\n!**/*.txt", "TargetFolder": "out"}),
    )
    assert len(list((job.dir / "work/s/out").rglob("*.py"))) == 10_000
    begun, ended = (moment(job, kind) for kind in ("step.started", "step.completed"))
    assert (ended - begun).total_seconds() < 120  # about 2 on a free core; a square would take an hour


def moment(job: Make, kind: str) -> datetime:
    entries, _ = read_journal(job.dir / "journal.jsonl")
    return next(datetime.fromisoformat(each.time) for each in entries if each.type == kind and each.data["step"] == 2)
