from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.definition.gate.model import Absent, Direction, GateFile, LatencyRule, MetricRule, SizeRule
from drivetrain.registry.gates.judge import judge, passes
from drivetrain.registry.gates.model import Evaluated, Finding, Measured, Outcome, Slice

if TYPE_CHECKING:
    from drivetrain.definition.gate.model import Rule

NAN, INFINITE = math.nan, math.inf
LOW, HIGH = Direction.LOWER, Direction.HIGHER


def of_training(value: float | None, reference: str = "m:2") -> Measured:
    return Measured(reference, {} if value is None else {"cost": value})


def judged(rule: Rule, candidate: Measured, champion: Measured | None) -> list[Finding]:
    return list(judge(GateFile("g", (rule,)), candidate, champion))


def rule(direction: Direction = LOW, **more: Any) -> MetricRule:
    return MetricRule("cost", direction, **more)


AGAINST_CHAMPION = [
    # rule, candidate, champion, passes
    (rule(), 1.0, 1.0, True),
    (rule(), 0.9, 1.0, True),
    (rule(), 1.1, 1.0, False),
    (rule(HIGH), 1.1, 1.0, True),
    (rule(HIGH), 1.0, 1.0, True),
    (rule(HIGH), 0.9, 1.0, False),
    (rule(tolerance=0.25), 1.25, 1.0, True),
    (rule(tolerance=0.25), 1.26, 1.0, False),
    (rule(HIGH, tolerance=0.25), 0.75, 1.0, True),
    (rule(HIGH, tolerance=0.25), 0.74, 1.0, False),
    (rule(relative=0.5), 3.0, 2.0, True),
    (rule(relative=0.5), 3.01, 2.0, False),
    (rule(HIGH, relative=0.5), 1.0, 2.0, True),
    (rule(HIGH, relative=0.5), 0.99, 2.0, False),
    (rule(relative=0.5, tolerance=1.0), 4.0, 2.0, True),
    (rule(relative=0.5, tolerance=1.0), 4.01, 2.0, False),
    # A share of a value below 0 is no less generous than one of a value above.
    (rule(relative=0.5), -1.0, -2.0, True),
    (rule(relative=0.5), -0.99, -2.0, False),
    (rule(HIGH, relative=0.5), -3.0, -2.0, True),
    (rule(HIGH, relative=0.5), -3.01, -2.0, False),
    (rule(relative=0.5), 0.0, 0.0, True),
    (rule(relative=0.5), 0.01, 0.0, False),
    # A tolerance below 0: it has to be better.
    (rule(tolerance=-0.25), 0.75, 1.0, True),
    (rule(tolerance=-0.25), 0.76, 1.0, False),
    (rule(HIGH, relative=-0.5), 1.5, 1.0, True),
    (rule(HIGH, relative=-0.5), 1.49, 1.0, False),
]


@pytest.mark.parametrize(("asked", "candidate", "champion", "good"), AGAINST_CHAMPION)
def test_a_metric_against_the_champion(asked: MetricRule, candidate: float, champion: float, *, good: bool) -> None:
    (found,) = judged(asked, of_training(candidate), of_training(champion, "m:1"))
    assert (found.outcome, found.passed) == (Outcome.PASSED if good else Outcome.FAILED, good)
    assert (found.candidate, found.champion) == (candidate, champion)
    assert found.limit is not None


LIMITS = [
    (rule(champion=False, least=1.0), 1.0, [True]),
    (rule(champion=False, least=1.0), 0.99, [False]),
    (rule(champion=False, most=1.0), 1.0, [True]),
    (rule(champion=False, most=1.0), 1.01, [False]),
    (rule(champion=False, least=0.0, most=1.0), 2.0, [True, False]),
    (rule(champion=False, least=3.0, most=1.0), 2.0, [False, False]),
    # Limits hold whichever values are better, and beside the champion.
    (rule(HIGH, most=1.0), 2.0, [False, True]),
]


@pytest.mark.parametrize(("asked", "value", "expected"), LIMITS)
def test_a_metric_against_limits(asked: MetricRule, value: float, expected: list[bool]) -> None:
    found = judged(asked, of_training(value), of_training(1.5, "m:1"))
    assert [each.passed for each in found] == expected


MISSING = [
    # rule, candidate's value, champion's (False: there is none), outcome, passes
    (rule(), 1.0, False, Outcome.NO_CHAMPION, True),
    (rule(no_champion=Absent.FAILS), 1.0, False, Outcome.NO_CHAMPION, False),
    (rule(), 1.0, None, Outcome.NO_CHAMPION_METRIC, False),
    (rule(no_champion_metric=Absent.PASSES), 1.0, None, Outcome.NO_CHAMPION_METRIC, True),
    (rule(), 1.0, NAN, Outcome.NO_CHAMPION_METRIC, False),
    (rule(no_champion_metric=Absent.PASSES), 1.0, NAN, Outcome.NO_CHAMPION_METRIC, True),
    (rule(), 1.0, INFINITE, Outcome.NO_CHAMPION_METRIC, False),
    (rule(), None, 1.0, Outcome.NO_METRIC, False),
    (rule(no_champion=Absent.PASSES), None, False, Outcome.NO_METRIC, False),
    (rule(no_champion_metric=Absent.PASSES), None, None, Outcome.NO_METRIC, False),
    (rule(), NAN, 1.0, Outcome.NOT_A_NUMBER, False),
    (rule(), NAN, NAN, Outcome.NOT_A_NUMBER, False),
    (rule(), INFINITE, 1.0, Outcome.NOT_A_NUMBER, False),
    # Not even where every value would be good.
    (rule(HIGH), INFINITE, 1.0, Outcome.NOT_A_NUMBER, False),
    (rule(), -INFINITE, 1.0, Outcome.NOT_A_NUMBER, False),
    (rule(champion=False, most=1.0), None, 1.0, Outcome.NO_METRIC, False),
    (rule(champion=False, most=1.0), NAN, 1.0, Outcome.NOT_A_NUMBER, False),
    (rule(column="sex", value="1"), 1.0, 1.0, Outcome.NOT_EVALUATED, False),
    (rule(column="sex"), 1.0, False, Outcome.NOT_EVALUATED, False),
]


@pytest.mark.parametrize(("asked", "candidate", "champion", "outcome", "good"), MISSING)
def test_what_is_missing_has_an_outcome_of_its_own(
    asked: MetricRule, candidate: float | None, champion: float | Literal[False] | None, outcome: Outcome, *, good: bool
) -> None:
    against = None if champion is False else of_training(champion, "m:1")
    (found,) = judged(asked, of_training(candidate), against)
    assert (found.outcome, found.passed) == (outcome, good)
    assert found.reason
    assert found.limit is None


def test_nothing_that_is_missing_is_given_a_value() -> None:
    (found,) = judged(rule(), of_training(None), of_training(1.0))
    assert (found.candidate, found.champion, found.limit) == (None, None, None)


# Slices.


def evaluated(*slices: Slice, latencies: tuple[float, ...] = (), reference: str = "m:2", size: int = 10) -> Measured:
    whole = Slice(100, {"root_mean_squared_error": 1.0})
    return Measured(reference, {"rmse": 77.0, "cost": 5.0}, size, Evaluated((whole, *slices), latencies))


def part(value: str, rmse: float | None, rows: int = 50, problem: str = "") -> Slice:
    metrics = {} if rmse is None else {"root_mean_squared_error": rmse}
    return Slice(rows, metrics, {"root_mean_squared_error": problem} if problem else {}, "sex", value)


RMSE = MetricRule("rmse", LOW)
EACH = MetricRule("rmse", LOW, column="sex")
ONE = MetricRule("rmse", LOW, column="sex", value="1")

SLICES = [
    # rule, candidate's slices, champion's (None: no champion), (rule's name, outcome, passes)
    (RMSE, [], [], [("rmse", Outcome.PASSED, True)]),
    (ONE, [part("1", 1.0), part("2", 9.0)], [part("1", 1.0), part("2", 1.0)], [("rmse, sex=1", Outcome.PASSED, True)]),
    (
        EACH,
        [part("1", 1.0), part("2", 9.0)],
        [part("1", 1.0), part("2", 1.0)],
        [("rmse, sex=1", Outcome.PASSED, True), ("rmse, sex=2", Outcome.FAILED, False)],
    ),
    (ONE, [part("2", 1.0)], [part("1", 1.0)], [("rmse, sex=1", Outcome.NO_SLICE, False)]),
    (EACH, [], [], [("rmse, sex", Outcome.NO_SLICE, False)]),
    (ONE, [part("1", 1.0)], None, [("rmse, sex=1", Outcome.NO_CHAMPION, True)]),
    (ONE, [part("1", 1.0)], [], [("rmse, sex=1", Outcome.NO_CHAMPION_METRIC, False)]),
    (ONE, [part("1", 1.0)], [part("1", None)], [("rmse, sex=1", Outcome.NO_CHAMPION_METRIC, False)]),
    (ONE, [part("1", None)], [part("1", 1.0)], [("rmse, sex=1", Outcome.NO_METRIC, False)]),
    (replace(ONE, smallest=51), [part("1", 9.0)], [part("1", 1.0)], [("rmse, sex=1", Outcome.TOO_SMALL, True)]),
    (
        replace(ONE, smallest=51, too_small=Absent.FAILS),
        [part("1", 1.0)],
        [part("1", 1.0)],
        [("rmse, sex=1", Outcome.TOO_SMALL, False)],
    ),
    (replace(ONE, smallest=50), [part("1", 9.0)], [part("1", 1.0)], [("rmse, sex=1", Outcome.FAILED, False)]),
]


@pytest.mark.parametrize(("asked", "candidate", "champion", "expected"), SLICES)
def test_slices(
    asked: MetricRule, candidate: list[Slice], champion: list[Slice] | None, expected: list[tuple[str, Outcome, bool]]
) -> None:
    against = None if champion is None else evaluated(*champion, reference="m:1")
    found = judged(asked, evaluated(*candidate), against)
    assert [(each.rule, each.outcome, each.passed) for each in found] == expected


def test_the_reason_of_the_evaluation_is_told() -> None:
    (found,) = judged(ONE, evaluated(part("1", None, problem="all rows are alike")), None)
    assert found.reason == "all rows are alike"


def test_what_an_evaluation_computes_is_not_taken_from_the_training_run() -> None:
    (found,) = judged(RMSE, evaluated(), None)
    assert found.candidate == 1.0


def test_other_metrics_are_the_training_runs_also_where_there_is_an_evaluation() -> None:
    (found,) = judged(rule(), evaluated(), None)
    assert found.candidate == 5.0


# Latency and size.

TEN = tuple(map(float, range(1, 11)))
COSTS: list[tuple[Rule, dict[str, Any], dict[str, Any] | None, list[tuple[Outcome, bool]]]] = [
    (LatencyRule(50, most_ms=5), {"latencies": TEN}, None, [(Outcome.PASSED, True)]),
    (LatencyRule(50, most_ms=4.9), {"latencies": TEN}, None, [(Outcome.FAILED, False)]),
    (LatencyRule(95, most_ms=10), {"latencies": TEN}, None, [(Outcome.PASSED, True)]),
    (LatencyRule(100, most_ms=9.9), {"latencies": TEN}, None, [(Outcome.FAILED, False)]),
    (LatencyRule(0, most_ms=1), {"latencies": TEN}, None, [(Outcome.PASSED, True)]),
    (LatencyRule(50, times_champion=2), {"latencies": (6.0,)}, {"latencies": (3.0,)}, [(Outcome.PASSED, True)]),
    (LatencyRule(50, times_champion=2), {"latencies": (6.1,)}, {"latencies": (3.0,)}, [(Outcome.FAILED, False)]),
    (LatencyRule(50, times_champion=2), {"latencies": (6.0,)}, None, [(Outcome.NO_CHAMPION, True)]),
    (
        LatencyRule(50, times_champion=2, no_champion=Absent.FAILS),
        {"latencies": (6.0,)},
        None,
        [(Outcome.NO_CHAMPION, False)],
    ),
    (LatencyRule(50, times_champion=2), {"latencies": (6.0,)}, {}, [(Outcome.NO_CHAMPION_METRIC, False)]),
    (LatencyRule(50, most_ms=5, times_champion=2), {}, {"latencies": TEN}, [(Outcome.NO_METRIC, False)]),
    (
        LatencyRule(50, most_ms=5, times_champion=2),
        {"latencies": (9.0,)},
        {"latencies": (9.0,)},
        [(Outcome.FAILED, False), (Outcome.PASSED, True)],
    ),
    (SizeRule(most_bytes=10), {}, None, [(Outcome.PASSED, True)]),
    (SizeRule(most_bytes=9), {}, None, [(Outcome.FAILED, False)]),
    (SizeRule(times_champion=2), {"size": 20}, {"size": 10}, [(Outcome.PASSED, True)]),
    (SizeRule(times_champion=2), {"size": 21}, {"size": 10}, [(Outcome.FAILED, False)]),
    (SizeRule(times_champion=2), {"size": 21}, None, [(Outcome.NO_CHAMPION, True)]),
    (SizeRule(times_champion=2), {"size": 21}, {"size": None}, [(Outcome.NO_CHAMPION_METRIC, False)]),
    (SizeRule(times_champion=2), {"size": None}, {"size": 10}, [(Outcome.NO_METRIC, False)]),
]


@pytest.mark.parametrize(("asked", "candidate", "champion", "expected"), COSTS)
def test_latency_and_size(
    asked: Rule,
    candidate: dict[str, Any],
    champion: dict[str, Any] | None,
    expected: list[tuple[Outcome, bool]],
) -> None:
    against = None if champion is None else evaluated(reference="m:1", **champion)
    found = judged(asked, evaluated(**candidate), against)
    assert [(each.outcome, each.passed) for each in found] == expected


def test_latency_without_an_evaluation_fails() -> None:
    (found,) = judged(LatencyRule(95, most_ms=5), of_training(1.0), None)
    assert (found.outcome, found.passed) == (Outcome.NOT_EVALUATED, False)


def test_a_gate_passes_only_when_all_of_it_does() -> None:
    good, bad = Finding("a", Outcome.PASSED, passed=True), Finding("b", Outcome.FAILED, passed=False)
    assert passes([good, good])
    assert not passes([good, bad])
    assert not passes([])


def test_reasons_are_said_for_people() -> None:
    (found,) = judged(rule(tolerance=0.01), of_training(0.412), of_training(0.395))
    assert found.reason == "0.412 is worse than the champion's 0.395 + 0.01"
    (found,) = judged(rule(HIGH, relative=0.5), of_training(0.412), of_training(0.4))
    assert found.reason == "0.412 is no worse than the champion's 0.4 - 0.2"
    (found,) = judged(rule(tolerance=-0.1), of_training(0.35), of_training(0.4))
    assert found.reason == "0.35 is worse than the champion's 0.4 - 0.1"


# Properties.

numbers = st.floats(min_value=-1e9, max_value=1e9)
rules = st.builds(
    MetricRule,
    metric=st.just("cost"),
    direction=st.sampled_from(Direction),
    tolerance=st.floats(-1e6, 1e6),
    relative=st.floats(-2, 2),
    least=st.none() | numbers,
    most=st.none() | numbers,
)


def mirrored(asked: MetricRule) -> MetricRule:
    other = HIGH if asked.direction is LOW else LOW
    least = None if asked.most is None else -asked.most
    most = None if asked.least is None else -asked.least
    return replace(asked, direction=other, least=least, most=most)


@given(rules, numbers, numbers, numbers)
def test_a_better_candidate_never_fails_against_the_champion_where_a_worse_one_passes(
    asked: MetricRule, one: float, other: float, champion: float
) -> None:
    assume(one != other)
    asked = replace(asked, least=None, most=None)
    better, worse = (max(one, other), min(one, other)) if asked.direction is HIGH else sorted((one, other))
    against = of_training(champion)
    if passes(judged(asked, of_training(worse), against)):
        assert passes(judged(asked, of_training(better), against))


@given(rules, numbers, numbers, st.floats(0, 1e6))
def test_more_tolerance_never_stops_a_candidate(
    asked: MetricRule, candidate: float, champion: float, more: float
) -> None:
    if passes(judged(asked, of_training(candidate), of_training(champion))):
        wider = replace(asked, tolerance=asked.tolerance + more)
        assert passes(judged(wider, of_training(candidate), of_training(champion)))


@given(rules, numbers, numbers)
def test_both_directions_are_the_same_with_signs_changed(asked: MetricRule, candidate: float, champion: float) -> None:
    plain = judged(asked, of_training(candidate), of_training(champion))
    turned = judged(mirrored(asked), of_training(-candidate), of_training(-champion))
    assert sorted(each.passed for each in plain) == sorted(each.passed for each in turned)


@given(rules, numbers)
def test_a_model_is_no_worse_than_itself(asked: MetricRule, value: float) -> None:
    asked = replace(asked, least=None, most=None, tolerance=abs(asked.tolerance), relative=abs(asked.relative))
    assert passes(judged(asked, of_training(value), of_training(value)))


@given(rules, st.sampled_from([None, NAN, INFINITE, -INFINITE]), st.none() | numbers)
def test_a_candidate_without_a_number_never_passes(
    asked: MetricRule, value: float | None, champion: float | None
) -> None:
    words = {"no_champion": Absent.PASSES, "no_champion_metric": Absent.PASSES}
    against = None if champion is None else of_training(champion)
    assert not passes(judged(replace(asked, **words), of_training(value), against))
