"""Whether a candidate passes a gate. Pure: rules and measurements in, findings out.

Nothing that is missing is ever given a value: each case has an outcome of its own, and the rule says what it comes to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drivetrain.definition.gate.model import Absent, Direction, LatencyRule, MetricRule, SizeRule, computed
from drivetrain.registry.gates.model import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.definition.gate.model import GateFile, Rule
    from drivetrain.registry.gates.model import Measured, Slice


def judge(gate: GateFile, candidate: Measured, champion: Measured | None) -> tuple[Finding, ...]:
    """Every comparison, in the order of the file. `champion` is None when there is none."""
    return tuple(finding for rule in gate.rules for finding in _findings(rule, candidate, champion))


def passes(findings: Sequence[Finding]) -> bool:
    """Whether all of them pass; what was not judged at all does not."""
    return bool(findings) and all(finding.passed for finding in findings)


def _findings(rule: Rule, candidate: Measured, champion: Measured | None) -> Iterator[Finding]:
    if isinstance(rule, MetricRule):
        yield from _metric(rule, candidate, champion)
    elif isinstance(rule, LatencyRule):
        yield from _latency(rule, candidate, champion)
    else:
        yield from _size(rule, candidate, champion)


# Metrics.


def _metric(rule: MetricRule, candidate: Measured, champion: Measured | None) -> Iterator[Finding]:
    if rule.column and candidate.evaluated is None:
        yield _not_evaluated(_called(rule, rule.value))
        return
    slices = _slices(rule, candidate)
    if rule.column and not slices:
        reason = f"no row of the data has {rule.column}={rule.value}" if rule.value is not None else "there are no rows"
        yield Finding(_called(rule, rule.value), Outcome.NO_SLICE, passed=False, reason=reason)
    for each in slices:
        yield from _compared(rule, each, candidate, champion)


def _slices(rule: MetricRule, measured: Measured) -> tuple[Slice | None, ...]:
    """The parts of the data that a rule looks at; None stands for a metric of the training run."""
    if not rule.column and (measured.evaluated is None or not computed(rule.metric)):
        return (None,)
    found = measured.evaluated.slices if measured.evaluated else ()
    return tuple(
        each for each in found if each.column == rule.column and (rule.value is None or each.value == rule.value)
    )


def _called(rule: MetricRule, value: str | None) -> str:
    if not rule.column:
        return rule.metric
    return f"{rule.metric}, {rule.column}" if value is None else f"{rule.metric}, {rule.column}={value}"


def _compared(rule: MetricRule, of: Slice | None, candidate: Measured, champion: Measured | None) -> Iterator[Finding]:
    name = _called(rule, of.value if of and rule.column else None)
    if of is not None and of.rows < rule.smallest:
        few = f"it has {of.rows} rows, fewer than {rule.smallest}"
        yield _by_word(name, Outcome.TOO_SMALL, rule.too_small, "tooSmall", few)
        return
    value = _value(rule, of, candidate)
    if value is None:
        yield Finding(name, Outcome.NO_METRIC, passed=False, reason=_why_not(rule, of, candidate))
    elif not math.isfinite(value):
        yield Finding(name, Outcome.NOT_A_NUMBER, passed=False, candidate=value, reason=f"it is {value}")
    else:
        if rule.least is not None:
            yield _limited(f"{name}, at least", value, rule.least, Direction.HIGHER)
        if rule.most is not None:
            yield _limited(f"{name}, at most", value, rule.most, Direction.LOWER)
        if rule.champion:
            yield _against_champion(rule, name, of, value, champion)


def _value(rule: MetricRule, of: Slice | None, measured: Measured) -> float | None:
    """The metric of a model, on the part of the data that `of` is, whichever model that was measured with."""
    if of is None:
        return measured.metrics.get(rule.metric)
    found = measured.evaluated.slices if measured.evaluated else ()
    same = next((each for each in found if (each.column, each.value) == (of.column, of.value)), None)
    return same.metrics.get(computed(rule.metric)) if same else None


def _why_not(rule: MetricRule, of: Slice | None, measured: Measured) -> str:
    if of is not None:
        return of.problems.get(computed(rule.metric), f"the evaluation of {measured.reference} did not compute it")
    known = ", ".join(sorted(measured.metrics)[:10]) or "none"
    return f"the training run of {measured.reference} has not logged it; it has: {known}"


def _against_champion(
    rule: MetricRule, name: str, of: Slice | None, value: float, champion: Measured | None
) -> Finding:
    if champion is None:
        return _by_word(name, Outcome.NO_CHAMPION, rule.no_champion, "noChampion", "", value)
    best = _value(rule, of, champion)
    if best is None or not math.isfinite(best):
        why = f"{champion.reference}: it is {'not known' if best is None else best}"
        return _by_word(name, Outcome.NO_CHAMPION_METRIC, rule.no_champion_metric, "noChampionMetric", why, value, best)
    margin = rule.tolerance + rule.relative * abs(best)
    limit = best - margin if rule.direction is Direction.HIGHER else best + margin
    held = f"the champion's {_number(best)}{_margin(margin, rule.direction)}"
    return _held(name, value, limit, rule.direction, held, best)


def _margin(margin: float, direction: Direction) -> str:
    if not margin:
        return ""
    sign = "+" if (margin > 0) == (direction is Direction.LOWER) else "-"
    return f" {sign} {_number(abs(margin))}"


# Latency and size.


def _latency(rule: LatencyRule, candidate: Measured, champion: Measured | None) -> Iterator[Finding]:
    name = f"latency p{rule.percentile:g} (ms)"
    if candidate.evaluated is None:
        yield _not_evaluated(name)
        return
    value = _percentile(candidate, rule.percentile)
    best = _percentile(champion, rule.percentile) if champion else None
    yield from _cost(rule, name, value, best, rule.most_ms, champion)


def _size(rule: SizeRule, candidate: Measured, champion: Measured | None) -> Iterator[Finding]:
    value, best = _bytes(candidate), _bytes(champion)
    yield from _cost(rule, "size (bytes)", value, best, rule.most_bytes, champion)


def _cost(
    rule: LatencyRule | SizeRule,
    name: str,
    value: float | None,
    best: float | None,
    most: float | None,
    champion: Measured | None,
) -> Iterator[Finding]:
    """What is better the less it is, and never below 0."""
    if value is None or not math.isfinite(value):
        yield Finding(name, Outcome.NO_METRIC, passed=False, reason="it was not measured")
        return
    if most is not None:
        yield _limited(f"{name}, at most", value, float(most), Direction.LOWER)
    if rule.times_champion is None:
        return
    if champion is None:
        yield _by_word(name, Outcome.NO_CHAMPION, rule.no_champion, "noChampion", "", value)
    elif best is None or not math.isfinite(best):
        why = f"it was not measured of {champion.reference}"
        yield Finding(name, Outcome.NO_CHAMPION_METRIC, passed=False, candidate=value, reason=why)
    else:
        held = f"{rule.times_champion:g} times the champion's {_number(best)}"
        yield _held(name, value, best * rule.times_champion, Direction.LOWER, held, best)


def _bytes(measured: Measured | None) -> float | None:
    return None if measured is None or measured.size is None else float(measured.size)


def _percentile(measured: Measured, percentile: float) -> float | None:
    """By the nearest rank: https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method"""
    found = sorted(measured.evaluated.latencies) if measured.evaluated else []
    return found[max(math.ceil(percentile / 100 * len(found)), 1) - 1] if found else None


# Findings.


def _limited(name: str, value: float, limit: float, direction: Direction) -> Finding:
    return _held(name, value, limit, direction, _number(limit), None)


def _held(name: str, value: float, limit: float, direction: Direction, held: str, best: float | None) -> Finding:
    good = value >= limit if direction is Direction.HIGHER else value <= limit
    reason = f"{_number(value)} is {'no worse' if good else 'worse'} than {held}"
    return Finding(name, Outcome.PASSED if good else Outcome.FAILED, good, value, best, limit, reason)


def _by_word(
    name: str,
    outcome: Outcome,
    word: Absent,
    key: str,
    why: str,
    value: float | None = None,
    best: float | None = None,
) -> Finding:
    said = f"{key}: {word}"
    return Finding(name, outcome, word is Absent.PASSES, value, best, reason=f"{why} ({said})" if why else said)


def _not_evaluated(name: str) -> Finding:
    return Finding(name, Outcome.NOT_EVALUATED, passed=False, reason="it needs an evaluation, and there was none")


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1e6 or not float(value).is_integer() else f"{value:.0f}"  # noqa: PLR2004 - bytes are shown in full
