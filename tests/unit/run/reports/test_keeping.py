from __future__ import annotations

import os
from typing import TYPE_CHECKING

from drivetrain.run.reports import keeping, kept
from drivetrain.run.reports.formats.case import Case
from drivetrain.run.reports.keeping import CaseWriter
from drivetrain.run.reports.kept import kept_cases, kept_coverage, new_file, open_kept
from drivetrain.run.reports.model import LONGEST_MESSAGE, LONGEST_NAME, CaseOutcome, Counts
from drivetrain.run.runner.mask import Masker

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PASSED, FAILED = CaseOutcome.PASSED, CaseOutcome.FAILED


def masker(*secrets: str) -> Masker:
    made = Masker()
    made.add(*secrets)
    return made


def test_tests_come_back_as_they_were_written(tmp_path: Path) -> None:
    with CaseWriter(tmp_path, masker()) as writer:
        writer.add(Case("s", "n", "t", PASSED, 0.5))
        writer.add(Case("s", "n2", "t2", FAILED, 1.5, "m\nm", "stack ü", "out 1"))
        writer.add(Case("s", "n3", "t3", FAILED, 0.0, output="out 2"))
    found = list(kept_cases(tmp_path, writer.path))
    assert [(case.storage, case.name, case.title, case.outcome, case.seconds) for case in found] == [
        ("s", "n", "t", PASSED, 0.5),
        ("s", "n2", "t2", FAILED, 1.5),
        ("s", "n3", "t3", FAILED, 0.0),
    ]
    assert (found[1].message, found[1].stack) == ("m\nm", "stack ü")
    assert writer.counts == Counts(passed=1, failed=2, seconds=2.0)
    outputs = (tmp_path / writer.outputs).read_bytes()
    assert [outputs[case.output_at :][: case.output_size] for case in found] == [b"", b"out 1", b"out 2"]


def test_secrets_are_masked_in_every_text_before_it_is_cut(tmp_path: Path) -> None:
    secret = "hunter2" * 3
    message = "x" * (LONGEST_MESSAGE - 10) + secret
    with CaseWriter(tmp_path, masker(secret)) as writer:
        names = (f"storage {secret}", f"name {secret}", f"title {secret}")
        writer.add(Case(*names, FAILED, 0.0, message, secret, secret))
    (found,) = kept_cases(tmp_path, writer.path)
    assert (found.storage, found.name, found.title, found.stack) == ("storage ***", "name ***", "title ***", "***")
    assert found.message == "x" * (LONGEST_MESSAGE - 10) + "***"
    for path in (tmp_path / "reports").iterdir():
        assert b"hunter2" not in path.read_bytes()


def test_a_broken_report_leaves_nothing_of_it_and_all_of_the_others(tmp_path: Path) -> None:
    with CaseWriter(tmp_path, masker()) as writer:
        writer.add(Case("s", "good", "good", FAILED, 1.0, output="kept"))
        mark = writer.mark()
        for number in range(1000):
            writer.add(Case("s", f"bad{number}", "bad", FAILED, 1.0, output="gone"))
        writer.back_to(mark)
        writer.add(Case("s", "next", "next", FAILED, 1.0, output="kept too"))
    assert [case.name for case in kept_cases(tmp_path, writer.path)] == ["good", "next"]
    assert writer.counts == Counts(failed=2, seconds=2.0)
    assert (tmp_path / writer.outputs).read_bytes() == b"keptkept too"


def test_names_and_outputs_are_cut_and_the_sum_of_details_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_DETAILS", 100)
    monkeypatch.setattr(keeping, "LONGEST_OUTPUT", 10)
    monkeypatch.setattr(keeping, "MOST_OUTPUT", 20)
    with CaseWriter(tmp_path, masker()) as writer:
        for _ in range(4):
            writer.add(Case("s", "n" * 5000, "t", FAILED, 0.0, "m" * 30, "k" * 40, "o" * 100))
    found = list(kept_cases(tmp_path, writer.path))
    assert [len(case.name) for case in found] == [LONGEST_NAME] * 4
    assert [(len(case.message), len(case.stack)) for case in found] == [(30, 40), (30, 0), (0, 0), (0, 0)]
    assert [case.output_size for case in found] == [10, 10, 0, 0]


def test_too_many_tests_are_counted_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_LINES", 3)
    with CaseWriter(tmp_path, masker()) as writer:
        for number in range(5):
            writer.add(Case("s", f"n{number}", "t", PASSED))
    assert len(list(kept_cases(tmp_path, writer.path))) == 3
    assert (writer.counts.total, writer.left_out) == (5, 2)


def test_what_is_cut_off_by_a_crash_or_changed_ends_the_reading(tmp_path: Path) -> None:
    file, path = new_file(tmp_path, "tests.jsonl")
    good = b'["s","n","t","Passed",0.5]\n'
    for bad in (
        good[:-1],
        b"{}\n",
        b'["s","n","t","Sung",0.5]\n',
        b'["s","n","t","Passed",-1]\n',
        b"\xff\n",
        b"[" * 10**6,
    ):
        file.seek(0)
        file.truncate()
        file.write(good + bad + good)
        file.flush()
        assert len(list(kept_cases(tmp_path, path))) == 1
    file.close()


def test_a_link_a_pipe_or_another_path_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(b'["s","n","t","Passed",0.5]\n')
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "001-tests.jsonl").symlink_to(tmp_path / "secret.jsonl")
    os.mkfifo(tmp_path / "reports" / "002-tests.jsonl")
    for path in (
        "reports/001-tests.jsonl",
        "reports/002-tests.jsonl",
        "reports/003-tests.jsonl",
        "reports/../secret.jsonl",
        "/etc/passwd",
        "",
    ):
        assert open_kept(tmp_path, path) is None
        assert not list(kept_cases(tmp_path, path))


def test_a_folder_that_was_replaced_by_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    file, path = new_file(tmp_path / "other", "tests.jsonl")
    file.write(b'["s","n","t","Passed",0.5]\n')
    file.close()
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "reports").symlink_to(tmp_path / "other" / "reports")
    assert len(list(kept_cases(tmp_path / "other", path))) == 1
    assert not list(kept_cases(tmp_path / "job", path))


def test_numbers_beyond_reason_are_no_coverage(tmp_path: Path) -> None:
    file, path = new_file(tmp_path, "coverage.jsonl")
    file.write(b'["m","p",{"covered":1,"total":2},{"covered":0,"total":0},"6","2"]\n')
    file.write(b'["m","q",{"covered":1,"total":99999999999999999999999},{"covered":0,"total":0},"",""]\n')
    file.close()
    assert [each.path for each in kept_coverage(tmp_path, path)] == ["p"]
    file, path = new_file(tmp_path, "coverage.jsonl")
    file.write(b'["m","p",{"covered":1,"total":2},{"covered":0,"total":0},"xyz","2"]\n')
    file.close()
    assert not list(kept_coverage(tmp_path, path))


def test_a_name_that_is_taken_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "002-tests.jsonl").symlink_to("/dev/null")
    file, path = new_file(tmp_path, "tests.jsonl")
    file.close()
    assert path == "reports/003-tests.jsonl"
    assert kept.FOLDER == "reports"
