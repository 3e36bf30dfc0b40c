from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.definition.gate.model import (
    Absent,
    Direction,
    Evaluation,
    GateFile,
    Kind,
    LatencyRule,
    MetricRule,
    SizeRule,
)
from drivetrain.definition.gate.read import EVALUATE, FILE, LATENCY, METRIC, SIZE, read_gate
from drivetrain.errors import DefinitionError

EVALUATED = "evaluate: {data: holdout.csv, target: y, kind: regression}\n"
LOW, HIGH = Direction.LOWER, Direction.HIGHER


def read(text: str) -> GateFile:
    return read_gate(text, "gate.yml", name="gate")


def test_a_whole_file() -> None:
    found = read("""\
gate: diabetes
champion: live
evaluate:
  data: data/holdout.parquet
  target: Y
  kind: Regression
  calls: 50
metrics:
- metric: rmse
  tolerance: 0.5
  relative: 2%
- metric: mae
  slice: SEX
  minimumRows: 30
  tooSmall: fail
  noChampion: fail
  noChampionMetric: pass
- metric: r2
  champion: false
  atLeast: 0.4
- metric: minutes
  better: lower
  atMost: 10
latency:
- percentile: 99
  atMost: 20 ms
- timesChampion: 1.5
size:
  atMost: 20 MB
  timesChampion: 2
promote: champion
""")
    assert found == GateFile(
        "diabetes",
        (
            MetricRule("rmse", LOW, tolerance=0.5, relative=0.02),
            MetricRule(
                "mae",
                LOW,
                no_champion=Absent.FAILS,
                no_champion_metric=Absent.PASSES,
                column="SEX",
                smallest=30,
                too_small=Absent.FAILS,
            ),
            MetricRule("r2", HIGH, champion=False, least=0.4),
            MetricRule("minutes", LOW, most=10.0),
            LatencyRule(99.0, most_ms=20.0),
            LatencyRule(times_champion=1.5),
            SizeRule(20_000_000, 2.0),
        ),
        Evaluation("data/holdout.parquet", "Y", Kind.REGRESSION, 50),
        "live",
        "champion",
    )


def test_the_least_that_a_file_may_say() -> None:
    assert read("metrics: [{metric: rmse}]") == GateFile("gate", (MetricRule("rmse", LOW),))


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [("sex", "sex", None), ("sex=1", "sex", "1"), ("a b = c=d ", "a b", "c=d"), ("'sex='", "sex", "")],
)
def test_slices(text: str, column: str, value: str | None) -> None:
    (rule,) = read(f"{EVALUATED}metrics: [{{metric: rmse, slice: {text}}}]").rules
    assert isinstance(rule, MetricRule)
    assert (rule.column, rule.value) == (column, value)


@pytest.mark.parametrize(("text", "expected"), [("1000", 1000), ("1.5kB", 1500), ("2 MiB", 2 << 20), ("1 gb", 10**9)])
def test_sizes(text: str, expected: int) -> None:
    assert read(f"size: {{atMost: {text}}}").rules == (SizeRule(expected),)


@pytest.mark.parametrize(("text", "expected"), [("2%", 0.02), ("0.02", 0.02), ("-1 %", -0.01), ("1e-2", 0.01)])
def test_shares(text: str, expected: float) -> None:
    assert read(f"metrics: [{{metric: rmse, relative: {text}}}]").rules == (MetricRule("rmse", LOW, relative=expected),)


WRONG = [
    # the file, where, what, what to do next
    ("", "1:1", "the gate has no rules", "add metrics, latency or size"),
    ("metrics: []", "1:1", "the gate has no rules", ""),
    ("[]", "1:1", "A sequence was not expected", "a gate file must be a mapping"),
    ("metric: rmse", "1:1", "Unexpected value 'metric'", "did you mean 'metrics'?"),
    ("metrics: rmse", "1:10", "Unexpected value 'rmse'", "metrics must be a list"),
    ("metrics: [rmse]", "1:11", "Unexpected value 'rmse'", "a metric must be a mapping"),
    ("metrics: [{name: rmse}]", "1:12", "Unexpected value 'name'", ""),
    ("metrics: [{better: lower}]", "1:11", "this rule names no metric", "name the metric, such as"),
    ("metrics: [{metric: rmse, tolerence: 1}]", "1:26", "Unexpected value 'tolerence'", "did you mean 'tolerance'?"),
    ("metrics: [{metric: rmse, tolerance: few}]", "1:37", "tolerance must be a number, not 'few'", ""),
    ("metrics: [{metric: rmse, tolerance: nan}]", "1:37", "tolerance must be a number, not 'nan'", ""),
    ("metrics: [{metric: rmse, tolerance: 1e999}]", "1:37", "tolerance must be a number, not '1e999'", ""),
    ("metrics: [{metric: rmse, relative: 1%%}]", "1:36", "relative must be a share, such as 2% or 0.02", ""),
    ("metrics: [{metric: rmse, noChampion: maybe}]", "1:38", "noChampion must be one of pass, fail", ""),
    ("metrics: [{metric: rmse, champion: false}]", "1:20", "rmse is compared with nothing", "give atLeast or atMost"),
    ("metrics: [{metric: rmse, better: higher}]", "1:34", "values of rmse are better the lower they are", "leave"),
    ("metrics: [{metric: cost}]", "1:20", "it is not known which values of cost are better", "add `better: higher`"),
    ("metrics: [{metric: cost, better: more}]", "1:34", "better must be one of higher, lower", ""),
    ("metrics: [{metric: rmse, slice: sex}]", "1:33", "a slice needs an evaluation", "add evaluate:"),
    (f"{EVALUATED}metrics: [{{metric: rmse, slice: =1}}]", "2:33", "slice must be COLUMN=VALUE", ""),
    (
        f"{EVALUATED}metrics: [{{metric: cost, better: lower, slice: a}}]",
        "2:20",
        "'cost' cannot be computed on a slice",
        "",
    ),
    (f"{EVALUATED}metrics: [{{metric: f1}}]", "2:20", "f1 is no metric of a regression", "there are root_mean_squ"),
    ("evaluate: {}\nmetrics: [{metric: rmse}]", "1:11", "evaluate needs 'data'", "the file, CSV or Parquet"),
    ("evaluate: {data: a.csv, kind: regression}", "1:11", "evaluate needs 'target'", "the column"),
    ("evaluate: {data: a.csv, target: y}", "1:11", "evaluate needs 'kind'", "one of classification, regression"),
    ("evaluate: {data: a.csv, target: y, kind: ranking}", "1:42", "kind must be one of", ""),
    ("evaluate: {data: a.xls, target: y, kind: regression}", "1:18", "data: 'a.xls' is neither CSV nor Parquet", ""),
    ("evaluate: {data: a.csv, target: y, kind: regression, calls: 0}", "1:61", "calls must be a number from 1", ""),
    ("latency: {atMost: 5}", "1:10", "latency needs an evaluation", "add evaluate:"),
    (f"{EVALUATED}latency: {{percentile: 101, atMost: 5}}", "2:23", "percentile must be a number from 0 to 100", ""),
    (f"{EVALUATED}latency: {{percentile: 99}}", "2:10", "latency is compared with nothing", "give atMost"),
    (f"{EVALUATED}latency: {{atMost: 5 s}}", "2:19", "atMost must be a number of ms, not '5 s'", ""),
    ("size: {atMost: big}", "1:16", "atMost must be a size, such as 20 MB", ""),
    ("size: {atMost: 5 XB}", "1:16", "atMost must be a size, such as 20 MB", ""),
    ("size: {noChampion: pass}", "1:7", "size is compared with nothing", ""),
    ("promote: v1\nsize: {atMost: 1}", "1:10", "promote: 'v1' cannot be an alias", "letters, digits"),
    ("champion: latest\nsize: {atMost: 1}", "1:11", "champion: 'latest' cannot be an alias", ""),
    ("gate: a/b\nsize: {atMost: 1}", "1:7", "'a/b' cannot be a gate's name", "at most 100 letters"),
    ("size: {atMost: 1}\nsize: {atMost: 2}", "2:1", "'size' is already defined", ""),
    ("size: &a {atMost: 1}", "1:7", "Anchors are not currently supported", ""),
]


@pytest.mark.parametrize(("text", "where", "what", "hint"), WRONG)
def test_what_is_wrong_is_said_with_its_place(text: str, where: str, what: str, hint: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(text)
    found = [each for each in caught.value.problems if what in each.message]
    assert found, caught.value.problems
    assert f"{found[0].position}" == f"gate.yml:{where}"
    assert hint in found[0].hint


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        read("metrics: [{metric: cost}, {metric: rmse, atMost: x}]\nsize: {atMost: y}\npromote: v1\nodd: 1\n")
    assert len(caught.value.problems) == 5


def test_a_file_is_not_read_without_end() -> None:
    with pytest.raises(DefinitionError, match="more than 200000 characters"):
        read("#" * 200_001)
    rules = "\n".join("- {metric: rmse}" for _ in range(201))
    with pytest.raises(DefinitionError, match="more than 200 rules"):
        read(f"metrics:\n{rules}\n")


@given(st.text(alphabet="metrics:[]{} \n-=%,a1.'", max_size=80))
def test_any_text_is_a_gate_or_has_problems(text: str) -> None:
    with suppress(DefinitionError):
        assert read(text).rules


def test_no_key_is_in_two_spellings() -> None:
    keys = [key for place in (FILE, EVALUATE, METRIC, LATENCY, SIZE) for key in place.keys]
    assert all("_" not in key and key[0].islower() for key in keys)
