"""docs/gates.md against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivetrain.definition.gate.model import (
    COMPUTED,
    SHORT,
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
from drivetrain.registry.gates.model import Outcome

PAGE = (Path(__file__).parents[4] / "docs" / "gates.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n# gate\.yml\n(.*?)```", PAGE, re.DOTALL)


def rows(section: str) -> dict[str, list[str]]:
    text = PAGE.split(f"{section}\n", 1)[1].split("\n#", 1)[0]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    return {row[0].strip("`"): [cell.strip("`") for cell in row[1:]] for row in found}


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("## The file", FILE),
        ("### evaluate", EVALUATE),
        ("### metrics", METRIC),
        ("### latency", LATENCY),
        ("### size", SIZE),
    ],
)
def test_every_key_is_there_and_no_other(section: str, place: object) -> None:
    assert rows(section).keys() == getattr(place, "keys")  # noqa: B009 - a Place


def test_the_defaults_are_those_of_the_reader() -> None:
    least = read_gate(
        "evaluate: {data: a.csv, target: y, kind: regression}\nmetrics: [{metric: rmse}]\nlatency: {atMost: 1}\n"
        "size: {atMost: 1}",
        "gate.yml",
        name="gate",
    )
    metric, latency, size = least.rules
    assert isinstance(metric, MetricRule)
    assert isinstance(latency, LatencyRule)
    assert isinstance(size, SizeRule)
    found = {key: row[0] for key, row in rows("### metrics").items()}
    assert [found["tolerance"], found["relative"]] == [f"{metric.tolerance:g}", f"{metric.relative:g}"]
    assert found["champion"] == str(metric.champion).lower()
    assert [found["noChampion"], found["noChampionMetric"]] == [metric.no_champion, metric.no_champion_metric]
    assert [found["minimumRows"], found["tooSmall"]] == [str(metric.smallest), metric.too_small]
    assert rows("### latency")["percentile"][0] == f"{latency.percentile:g}"
    assert rows("### latency")["noChampion"][0] == latency.no_champion
    assert rows("### size")["noChampion"][0] == size.no_champion
    assert least.evaluation is not None
    assert rows("### evaluate")["calls"][0] == str(least.evaluation.calls)
    assert rows("## The file")["champion"][0] == least.champion


def test_every_metric_is_there_with_its_direction() -> None:
    short = {name: other for other, name in SHORT.items()}
    assert rows("## What is measured") == {
        name: [short.get(name, ""), " ".join(each.kinds), each.direction] for name, each in COMPUTED.items()
    }


def test_every_outcome_is_explained() -> None:
    assert list(rows("## When something is missing")) == list(Outcome)


def test_the_examples_are_gates() -> None:
    found = [read_gate(text, "gate.yml", name="gate") for text in EXAMPLES]
    assert [each.name for each in found] == ["diabetes", "gate", "credit"]
    assert found[0].evaluation == Evaluation("data/holdout.csv", "Y", Kind.REGRESSION)
    assert found[1].rules == (
        MetricRule("accuracy", Direction.HIGHER, tolerance=-0.01, no_champion=Absent.FAILS),
        MetricRule("minutes_trained", Direction.LOWER, champion=False, most=30.0),
    )
    assert isinstance(found[2], GateFile)
    assert len(found[2].rules) == 6
