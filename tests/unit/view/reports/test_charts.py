from __future__ import annotations

from drivetrain.run.reports.model import Counts
from drivetrain.view.reports.charts import HEIGHT, LEAST, bars, curve
from drivetrain.view.reports.ports import RunPoint, TrendPoint


def points(*counts: Counts | None) -> list[TrendPoint]:
    return [TrendPoint(RunPoint(number, f"n{number}"), each, None) for number, each in enumerate(counts, 1)]


def test_bars_are_stacked_from_the_ground_with_failed_tests_on_top() -> None:
    chart = bars(points(Counts(passed=50), Counts(passed=60, failed=20, not_executed=20)))
    assert chart.top == "100"
    low, high = chart.bars
    assert [(part.kind, part.y, part.height) for part in low.parts] == [("passed", 50, 50)]
    assert [(part.kind, part.y, part.height) for part in high.parts] == [
        ("passed", 40, 60),
        ("skipped", 20, 20),
        ("failed", 0, 20),
    ]
    assert high.words == "20 failed, 60 passed, 20 skipped"


def test_one_failed_test_of_thousands_is_seen_and_no_bar_leaves_the_chart() -> None:
    (bar,) = bars(points(Counts(passed=9998, failed=1, not_executed=1))).bars
    assert [part.height for part in bar.parts][1:] == [LEAST, LEAST]
    assert sum(part.height for part in bar.parts) == HEIGHT
    assert bar.parts[-1].y == 0


def test_runs_without_tests_leave_their_place_empty() -> None:
    chart = bars(points(Counts(passed=1), None, Counts(passed=1)))
    assert [(bar.run.id, bar.x) for bar in chart.bars] == [(1, 1), (3, 21)]
    assert bars(points(None, Counts())).bars == []


def test_a_curve_runs_through_the_runs_that_have_a_value() -> None:
    chart = curve(points(None, None, None), [0.0, None, 10.0], ["zero", "", "ten"], low=0, high=10)
    assert [(dot.x, dot.y, dot.words) for dot in chart.dots] == [(5, 100, "zero"), (25, 0, "ten")]
    assert chart.path == "M5 100 L25 0"
    assert curve(points(None), [5.0], ["five"], low=5, high=5).dots[0].y == HEIGHT
