from __future__ import annotations

from typing import Any

import pytest

from drivetrain.registry.versions.model import DataAsset, ModelVersion
from drivetrain.view.models.compare import compare
from drivetrain.view.models.metric_lines import metric_lines
from drivetrain.view.models.rows import side_by_side


def version(number: int, **known: Any) -> ModelVersion:
    return ModelVersion("churn", str(number), **known)


@pytest.mark.parametrize(
    ("metric", "before", "after", "change", "better"),
    [
        ("rmse", 2.0, 1.0, "\u22121 (\u221250.0 %)", True),
        ("val_auc", 0.5, 0.75, "+0.25 (+50.0 %)", True),
        ("accuracy", 0.9, 0.8, "\u22120.1 (\u221211.1 %)", False),
        ("loss", 0.0, 1.0, "+1", False),
        ("rows", 1.0, 2.0, "+1 (+100.0 %)", None),
        ("rmse", 2.0, 2.0, "", None),
        ("rmse", float("nan"), 2.0, "", None),
    ],
)
def test_metrics_say_whether_they_got_better(
    metric: str, before: float, after: float, change: str, *, better: bool | None
) -> None:
    (part,) = side_by_side(version(1, metrics={metric: before}), version(2, metrics={metric: after}))
    assert (part.rows[0].change, part.rows[0].better) == (change, better)


def test_the_training_run_may_say_which_way_is_better() -> None:
    said = {"metrics": {"yield": 1.0}, "directions": {"yield": "max"}}
    (part,) = side_by_side(version(1, metrics={"yield": 2.0}), version(2, **said))
    assert part.rows[0].better is False


def test_what_differs_comes_first() -> None:
    one = version(1, params={"a": "1", "z": "1"}, commit="c" * 40, dirty=True, data=(DataAsset("sales", "sha256:1"),))
    two = version(2, params={"a": "1", "z": "2", "new": "x"}, commit="c" * 40)
    params, facts = side_by_side(one, two)
    assert [(row.name, row.left, row.right) for row in params.rows] == [
        ("new", "\u2013", "x"),
        ("z", "1", "2"),
        ("a", "1", "1"),
    ]
    assert [row.name for row in facts.rows if row.differs] == ["Commit", "Data sales"]


def test_two_of_which_nothing_is_known_have_nothing_beside() -> None:
    assert side_by_side(version(1), version(2)) == []


def test_metrics_over_versions_go_from_the_oldest_to_the_newest() -> None:
    newest_first = [
        version(3, metrics={"rmse": 1.0}),
        version(2),
        version(1, metrics={"rmse": 3.0, "odd": float("inf")}),
    ]
    (line,) = metric_lines(newest_first)
    assert [(dot.version, dot.x) for dot in line.dots] == [("1", 0.0), ("3", 600.0)]
    assert line.dots[0].y < line.dots[1].y
    assert line.last == "1"


def test_a_metric_that_is_always_the_same_is_a_flat_line() -> None:
    (line,) = metric_lines([version(2, metrics={"rmse": 0.0}), version(1, metrics={"rmse": 0.0})])
    assert len({dot.y for dot in line.dots}) == 1


@pytest.mark.parametrize(("said", "better"), [("max", True), ("min", False), ("sideways", False), ("", False)])
def test_what_a_job_says_of_a_direction_counts_when_it_is_one(said: str, *, better: bool) -> None:
    """`rmse` is one to be small, where nobody says otherwise."""
    one, two = (version(number, metrics={"rmse": float(number)}, directions={"rmse": said}) for number in (1, 2))
    (part,) = side_by_side(one, two)
    assert part.rows[0].better is better
    assert compare(one, two).metrics[0].mark == ("better" if better else "worse")
