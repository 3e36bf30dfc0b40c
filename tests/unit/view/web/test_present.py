from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.run.model import JobRef, Result, State
from drivetrain.view.finding import most_telling
from drivetrain.view.keys import job_key, key
from drivetrain.view.web import present, tree
from drivetrain.view.web.comparison import experiments, side_by_side
from tests.browser import story_runs

if TYPE_CHECKING:
    from tests.browser.world import World

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\N{EN DASH}"),
        (0, "0.0s"),
        (9.96, "9.9s"),
        (10, "10s"),
        (59.9, "59s"),
        (185, "3m 05s"),
        (7440, "2h 04m"),
        (266_400, "3d 02h"),
    ],
)
def test_durations_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert present.duration(seconds) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-23T11:59:30.000Z", "just now"),
        ("2026-11-23T11:55:00.000Z", "5 min ago"),
        ("2026-11-23T09:00:00.000Z", "3 h ago"),
        ("2026-11-22T09:00:00.000Z", "yesterday"),
        ("2026-10-01T09:00:00.000Z", "1 Oct 2026"),
    ],
)
def test_moments_recede_into_dates(moment: str, text: str) -> None:
    assert present.ago(moment, NOW) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (41.732918, "41.733"),
        (20631.0, "20,631"),
        (-0.5, "\N{MINUS SIGN}0.5"),
        (1e-9, "1e\N{MINUS SIGN}09"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "\N{MINUS SIGN}∞"),
    ],
)
def test_metrics_have_five_significant_digits(value: float, text: str) -> None:
    assert present.number(value) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0 B"), (999, "999 B"), (1400, "1.4 KB"), (184_320, "184 KB"), (5e9, "5.0 GB"), (3e12, "3.0 TB")],
)
def test_sizes(amount: float, text: str) -> None:
    assert present.size(amount) == text


@pytest.mark.parametrize("result", list(Result))
def test_every_result_has_an_icon_and_a_word(result: Result) -> None:
    assert present.look(State.COMPLETED, result).word


def test_keys_are_single_harmless_segments_and_never_meet() -> None:
    names = ["a", "a.b", "a~b", "a%b", "a/b", "..", ".", "~", "", "a b", "%2F", "~2F", "漢", "<x>"]
    keys = [key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(set("/%.<> ").isdisjoint(each) for each in keys)
    assert job_key(JobRef("S", "j", "l.x"), 2) == "S.j.l~2Ex.2"


def test_a_large_run_shows_the_steps_of_what_runs_or_failed(story: World) -> None:
    timeline = story.timeline(story_runs.FAILED_RUN)
    many = [replace(job, ref=JobRef("Train", f"job{i}")) for i, job in enumerate(timeline.jobs * 400)]
    many[1:] = [replace(job, result=Result.SUCCEEDED) for job in many[1:]]
    steps = [replace(step, job=job.ref) for job in many for step in timeline.steps]
    (stage,) = tree.stages(replace(timeline, jobs=tuple(many), steps=tuple(steps)))
    assert [len(job.steps) for job in stage.jobs[:3]] == [5, 0, 0]
    assert stage.jobs[1].hidden_steps == 5


def test_the_most_telling_step_is_the_one_that_failed(story: World) -> None:
    found = most_telling(story.timeline(story_runs.FAILED_RUN).steps)
    assert found is not None
    assert found.index == 4


def test_training_runs_stand_side_by_side_with_what_differs_first(story: World) -> None:
    found = side_by_side(story.of_pipeline_run(story_runs.STAGED_RUN))
    assert found.params[0].name == "learning_rate"
    assert [value.text for value in found.params[0].values] == ["0.1", "0.05"]
    assert [column.varies for column in found.params] == [True, False, False, False, False]


def test_the_overview_sorts_and_marks_what_has_changed(story: World) -> None:
    first, other = experiments(story.latest(), "metric.rmse", descending=False)
    assert [row.run.name for row in first.rows] == ["tuned-gbr", "baseline-gbr", "slow-gbr", "deep-gbr"]
    assert [head.sorted for head in first.heads if head.sorted] == ["ascending"]
    changed = [value for row in first.rows for value in row.values if value.changed]
    assert {(value.was, value.text) for value in changed} == {("0.9", "0.05"), ("0.1", "0.9"), ("0.05", "0.1")}
    assert other.name == story_runs.HOSTILE
