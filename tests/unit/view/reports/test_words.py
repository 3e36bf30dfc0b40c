from __future__ import annotations

import pytest

from drivetrain.run.reports.model import Counts, FileCoverage, Measure
from drivetrain.view.reports.ports import History, RunPoint
from drivetrain.view.reports.words import change, counted, direction, file_table, missing, percent, told, took


def file(path: str, covered: int, total: int, known: str = "", hit: str = "") -> FileCoverage:
    return FileCoverage("m", path, Measure(covered, total), Measure(), known, hit)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (Counts(10, 1, 1, 2), "14 tests: 1 failed, 10 passed, 3 skipped"),
        (Counts(1), "1 test: 1 passed"),
        (Counts(), "0 tests: none ran"),
        (Counts(1234), "1,234 tests: 1,234 passed"),
    ],
)
def test_counts_are_said_in_words(counts: Counts, text: str) -> None:
    assert counted(counts) == text


@pytest.mark.parametrize(
    ("covered", "total", "text"),
    [(1, 2, "50.0%"), (2, 2, "100.0%"), (99_999, 100_000, "99.9%"), (0, 3, "0.0%"), (0, 0, "\N{EN DASH}")],
)
def test_all_is_said_only_when_nothing_is_missing(covered: int, total: int, text: str) -> None:
    assert percent(Measure(covered, total)) == text


@pytest.mark.parametrize(
    ("now", "before", "text", "way"),
    [
        (Measure(3, 4), Measure(1, 2), "+25.00%", "up"),
        (Measure(1, 2), Measure(3, 4), "\N{MINUS SIGN}25.00%", "down"),
        (Measure(1, 2), Measure(2, 4), "±0%", ""),
        (Measure(1, 2), Measure(), "", ""),
        (Measure(), Measure(1, 2), "", ""),
    ],
)
def test_a_change_is_said_in_points(now: Measure, before: Measure, text: str, way: str) -> None:
    assert (change(now, before), direction(now, before)) == (text, way)


@pytest.mark.parametrize(
    ("known", "hit", "text"),
    [
        ([1, 2, 3], [1, 2, 3], ""),
        ([1, 2, 3, 5, 7, 9], [1, 9], "2-7"),
        ([1, 2, 3, 5, 9], [2], "1, 3-9"),
        ([4], [], "4"),
        ([], [], ""),
    ],
)
def test_missing_lines_are_said_in_ranges(known: list[int], hit: list[int], text: str) -> None:
    digits = [f"{sum(1 << line for line in lines):x}" if lines else "" for lines in (known, hit)]
    assert missing(file("x", 0, 0, *digits)) == text


def test_many_ranges_are_cut() -> None:
    known = sum(1 << line for line in range(1, 1001))
    hit = sum(1 << line for line in range(1, 1001, 2))
    assert missing(file("x", 0, 0, f"{known:x}", f"{hit:x}")).endswith(", 398, 400, ...")


def test_what_is_remarkable_of_a_test_is_told() -> None:
    run = RunPoint(7, "7.1")
    assert told(History(since=run, streak=1, new=True)) == [("new", "new")]
    assert told(History(since=run, streak=4)) == [("since", "failing since #7.1, 4 runs")]
    assert told(History(fixed=True, flaky=True)) == [("fixed", "fixed"), ("flaky", "flaky")]
    assert told(History()) == []


def test_files_are_sorted_by_what_is_asked_and_compared_with_before() -> None:
    files = [file("a", 9, 10), file("b", 5, 20), file("c", 1, 1)]
    before = [file("a", 10, 10), file("b", 1, 20)]
    paths = {
        sort: [row.file.path for row in file_table(files, before, limit=9, sort=sort).rows]
        for sort in ("path", "missing", "coverage", "change", "nonsense")
    }
    assert paths == {
        "path": ["a", "b", "c"],
        "missing": ["b", "a", "c"],
        "coverage": ["b", "a", "c"],
        "change": ["a", "c", "b"],
        "nonsense": ["a", "b", "c"],
    }
    table = file_table(files, before, limit=2, sort="path")
    assert ([row.new for row in table.rows], table.left_out) == ([False, False], 1)
    assert file_table(files, before, limit=9, sort="path").rows[2].new
    assert not file_table(files, [], limit=9, sort="path").rows[2].new


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 ms"), (0.0123, "12 ms"), (1.25, "1.2s"), (185, "3m 05s")])
def test_quick_tests_are_measured_in_milliseconds(seconds: float, text: str) -> None:
    assert took(seconds) == text
