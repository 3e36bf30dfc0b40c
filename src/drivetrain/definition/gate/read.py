"""A gate file -> GateFile, or every problem that it has, each with its place (docs/gates.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.gate.fields import absent, number, optional_number, share, size, slice_of
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
    computed,
)
from drivetrain.definition.problems import Problems
from drivetrain.definition.schema import Place
from drivetrain.definition.shape import boolean, choice, closest, fields, filled, is_empty, items, shown
from drivetrain.errors import DefinitionError
from drivetrain.lang.tree import Mapping, Sequence
from drivetrain.lang.yaml import Limits, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.gate.model import Rule
    from drivetrain.lang.tree import Node

LIMITS = Limits(characters=200_000, depth=10, nodes=10_000)
MOST_RULES = 200
MOST_CALLS = 10_000
_NAME = re.compile(r"[^\W_][\w .-]{0,99}")
_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_VERSION = re.compile(r"v\d+", re.IGNORECASE)


def _place(title: str, keys: str) -> Place:
    return Place(title, frozenset(keys.split()))


FILE = _place("a gate file", "gate champion evaluate metrics latency size promote")
EVALUATE = _place("evaluate", "data target kind calls")
METRIC = _place(
    "a metric",
    "metric better tolerance relative atLeast atMost champion noChampion noChampionMetric slice minimumRows tooSmall",
)
LATENCY = _place("latency", "percentile atMost timesChampion noChampion")
SIZE = _place("size", "atMost timesChampion noChampion")


def read_gate(text: str, file: str, *, name: str) -> GateFile:
    """The gate that a file says; `name` is what it is called when it does not say so.

    Raises DefinitionError with all that is wrong.
    """
    problems = Problems()
    gate = _Reader(problems).gate(read(text, file=file, limits=LIMITS), name)
    if problems.errors:
        raise DefinitionError(problems.sorted())
    return gate


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._evaluation: Evaluation | None = None
        self._has_evaluation = False

    def gate(self, root: Node, name: str) -> GateFile:
        found = fields(root, FILE, self._problems)
        self._has_evaluation = "evaluate" in found
        self._evaluation = self._evaluate(found["evaluate"]) if self._has_evaluation else None
        rules = tuple(self._rules(found))
        if not rules and not self._problems.errors:
            hint = "add metrics, latency or size: a gate without rules would let nothing through"
            self._problems.error(root, "the gate has no rules", code="empty", hint=hint)
        if len(rules) > MOST_RULES:
            self._problems.error(root, f"the gate has more than {MOST_RULES} rules", code="too-large")
        return GateFile(
            self._name(found.get("gate"), name),
            rules,
            self._evaluation,
            self._alias(found.get("champion"), "champion") or "champion",
            self._alias(found.get("promote"), "promote"),
        )

    def _rules(self, found: dict[str, Node]) -> Iterator[Rule]:
        for node in items(found.get("metrics"), "metrics", self._problems):
            rule = self._metric(node)
            if rule is not None:
                yield rule
        for node in _one_or_more(found.get("latency")):
            yield self._latency(node)
        if not is_empty(found.get("size")):
            yield self._size(found["size"])

    def _name(self, node: Node | None, default: str) -> str:
        found = filled(node, "gate", self._problems)
        if found is None:
            return default
        if not _NAME.fullmatch(found.value):
            hint = "use at most 100 letters, digits, blanks and _.-"
            self._problems.error(
                found, f"'{shown(found.value)}' cannot be a gate's name", code="wrong-value", hint=hint
            )
        return found.value

    def _alias(self, node: Node | None, title: str) -> str:
        """https://mlflow.org/docs/latest/ml/model-registry/workflow/#using-registered-model-aliases"""
        found = filled(node, title, self._problems)
        if found is None:
            return ""
        wrong = not _ALIAS.fullmatch(found.value) or found.value.lower() == "latest" or _VERSION.fullmatch(found.value)
        if wrong:
            hint = "use letters, digits, _ and -; neither `latest` nor `v1`, which MLflow keeps for itself"
            message = f"{title}: '{shown(found.value)}' cannot be an alias of a model"
            self._problems.error(found, message, code="wrong-value", hint=hint)
        return found.value

    # What it is judged on.

    def _evaluate(self, node: Node) -> Evaluation | None:
        found = fields(node, EVALUATE, self._problems)
        data = self._needed(node, found, "data", "the file, CSV or Parquet, that both models predict")
        target = self._needed(node, found, "target", "the column of the data that is to be predicted")
        kind = choice(found.get("kind"), "kind", Kind, self._problems)
        if is_empty(found.get("kind")):
            self._problems.error(node, "evaluate needs 'kind'", code="missing-key", hint=f"one of {', '.join(Kind)}")
        calls = number(found.get("calls"), "calls", self._problems, default=200.0, least=1, most=MOST_CALLS)
        if data and not data.lower().endswith((".csv", ".parquet")):
            hint = "its name has to end in .csv or .parquet"
            message = f"data: '{shown(data)}' is neither CSV nor Parquet"
            self._problems.error(found["data"], message, code="wrong-value", hint=hint)
        return Evaluation(data, target, Kind(kind), int(calls)) if data and target and kind else None

    def _needed(self, node: Node, found: dict[str, Node], key: str, meaning: str) -> str:
        value = filled(found.get(key), key, self._problems)
        if value is None and is_empty(found.get(key)):
            self._problems.error(node, f"evaluate needs '{key}'", code="missing-key", hint=meaning)
        return "" if value is None else value.value

    # Rules.

    def _metric(self, node: Node) -> MetricRule | None:
        problems = self._problems
        found = fields(node, METRIC, problems)
        name = filled(found.get("metric"), "metric", problems)
        if name is None:
            if isinstance(node, Mapping) and is_empty(found.get("metric")):
                hint = "name the metric, such as `metric: rmse`"
                problems.error(node, "this rule names no metric", code="missing-key", hint=hint)
            return None
        column, value = slice_of(found.get("slice"), problems)
        self._check_metric(found, name.value, name, column)
        rule = MetricRule(
            metric=name.value,
            direction=self._direction(found, name),
            tolerance=number(found.get("tolerance"), "tolerance", problems),
            relative=share(found.get("relative"), "relative", problems),
            least=optional_number(found.get("atLeast"), "atLeast", problems),
            most=optional_number(found.get("atMost"), "atMost", problems),
            champion=boolean(found.get("champion"), "champion", problems, default=True),
            no_champion=absent(found.get("noChampion"), "noChampion", Absent.PASSES, problems),
            no_champion_metric=absent(found.get("noChampionMetric"), "noChampionMetric", Absent.FAILS, problems),
            column=column,
            value=value,
            smallest=int(number(found.get("minimumRows"), "minimumRows", problems, default=1.0, least=1)),
            too_small=absent(found.get("tooSmall"), "tooSmall", Absent.PASSES, problems),
        )
        if not rule.champion and rule.least is None and rule.most is None:
            hint = "give atLeast or atMost, or leave `champion: false` out"
            problems.error(name, f"{shown(rule.metric)} is compared with nothing", code="empty", hint=hint)
        return rule

    def _check_metric(self, found: dict[str, Node], metric: str, at: Node, column: str) -> None:
        known = computed(metric)
        if not column and not known:
            return  # Of the training run: any name.
        if column and not self._has_evaluation:
            hint = "add evaluate: with the data that has this column"
            self._problems.error(found["slice"], "a slice needs an evaluation", code="missing-key", hint=hint)
        if column and not known:
            names = [*SHORT, *COMPUTED]
            hint = closest(metric, names) or f"an evaluation computes {', '.join(names)}"
            self._problems.error(at, f"'{shown(metric)}' cannot be computed on a slice", code="wrong-value", hint=hint)
        kind = self._evaluation.kind if self._evaluation else None
        if known and kind and kind not in COMPUTED[known].kinds:
            of = [name for name, each in COMPUTED.items() if kind in each.kinds]
            message = f"{shown(metric)} is no metric of a {kind}"
            self._problems.error(at, message, code="wrong-value", hint=f"there are {', '.join(of)}")

    def _direction(self, found: dict[str, Node], name: Node) -> Direction:
        metric = name.value if not isinstance(name, (Mapping, Sequence)) else ""
        said = choice(found.get("better"), "better", Direction, self._problems)
        known = COMPUTED[computed(metric)].direction if computed(metric) else None
        if not said and known is None and is_empty(found.get("better")):
            hint = "add `better: higher` or `better: lower`"
            message = f"it is not known which values of {shown(metric)} are better"
            self._problems.error(name, message, code="missing-key", hint=hint)
        if said and known and said != known:
            message = f"values of {shown(metric)} are better the {known} they are"
            self._problems.error(found["better"], message, code="wrong-value", hint="leave `better` out")
        return Direction(said) if said else known or Direction.LOWER

    def _latency(self, node: Node) -> LatencyRule:
        problems = self._problems
        found = fields(node, LATENCY, problems)
        rule = LatencyRule(
            number(found.get("percentile"), "percentile", problems, default=95.0, least=0, most=100),
            optional_number(found.get("atMost"), "atMost", problems, unit="ms", least=0),
            optional_number(found.get("timesChampion"), "timesChampion", problems, least=0),
            absent(found.get("noChampion"), "noChampion", Absent.PASSES, problems),
        )
        if not self._has_evaluation:
            hint = "add evaluate: its rows are what the models are asked"
            problems.error(node, "latency needs an evaluation", code="missing-key", hint=hint)
        self._needs_limit(node, "latency", rule.most_ms, rule.times_champion)
        return rule

    def _size(self, node: Node) -> SizeRule:
        problems = self._problems
        found = fields(node, SIZE, problems)
        rule = SizeRule(
            size(found.get("atMost"), "atMost", problems),
            optional_number(found.get("timesChampion"), "timesChampion", problems, least=0),
            absent(found.get("noChampion"), "noChampion", Absent.PASSES, problems),
        )
        self._needs_limit(node, "size", rule.most_bytes, rule.times_champion)
        return rule

    def _needs_limit(self, node: Node, title: str, most: float | None, times: float | None) -> None:
        if most is None and times is None and not self._problems.errors:
            hint = "give atMost, timesChampion, or both"
            self._problems.error(node, f"{title} is compared with nothing", code="empty", hint=hint)


def _one_or_more(node: Node | None) -> tuple[Node, ...]:
    if node is None or is_empty(node):
        return ()
    return node.items if isinstance(node, Sequence) else (node,)
