"""What a gate asks of a candidate: the rules of a gate file. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class Direction(StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher"
    LOWER = "lower"


class Absent(StrEnum):
    """What a rule comes to when what it needs is not there."""

    PASSES = "pass"
    FAILS = "fail"


class Kind(StrEnum):
    """What the candidate predicts."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class Computed(Struct, frozen=True):
    """A metric that an evaluation computes."""

    kinds: tuple[Kind, ...]
    direction: Direction


_REGRESSION, _CLASSIFICATION = (Kind.REGRESSION,), (Kind.CLASSIFICATION,)
_HIGHER, _LOWER = Direction.HIGHER, Direction.LOWER
COMPUTED: Mapping[str, Computed] = MappingProxyType(
    {
        "root_mean_squared_error": Computed(_REGRESSION, _LOWER),
        "mean_squared_error": Computed(_REGRESSION, _LOWER),
        "mean_absolute_error": Computed(_REGRESSION, _LOWER),
        "mean_absolute_percentage_error": Computed(_REGRESSION, _LOWER),
        "max_error": Computed(_REGRESSION, _LOWER),
        "r2_score": Computed(_REGRESSION, _HIGHER),
        "accuracy_score": Computed(_CLASSIFICATION, _HIGHER),
        "precision_score": Computed(_CLASSIFICATION, _HIGHER),
        "recall_score": Computed(_CLASSIFICATION, _HIGHER),
        "f1_score": Computed(_CLASSIFICATION, _HIGHER),
        "roc_auc": Computed(_CLASSIFICATION, _HIGHER),
        "precision_recall_auc": Computed(_CLASSIFICATION, _HIGHER),
        "log_loss": Computed(_CLASSIFICATION, _LOWER),
    }
)
"""By the names that MLflow's evaluation gives them.

https://mlflow.org/docs/latest/ml/evaluation/model-eval/
"""
OF_PROBABILITIES = frozenset({"roc_auc", "precision_recall_auc", "log_loss"})
"""Those for which labels are not enough."""
SHORT: Mapping[str, str] = MappingProxyType(
    {
        "rmse": "root_mean_squared_error",
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error",
        "r2": "r2_score",
        "accuracy": "accuracy_score",
        "precision": "precision_score",
        "recall": "recall_score",
        "f1": "f1_score",
    }
)
"""Shorter names of some of them."""


def computed(metric: str) -> str:
    """The metric that an evaluation computes under this name; empty for none."""
    name = SHORT.get(metric, metric)
    return name if name in COMPUTED else ""


class MetricRule(Struct, frozen=True, tag="metric"):
    """A metric of the candidate, against the champion's, against limits, or both."""

    metric: str
    direction: Direction
    tolerance: float = 0.0
    """How much worse than the champion it may be, in the metric's own unit. Below 0: how much better it has to be."""
    relative: float = 0.0
    """The same, as a share of the champion's value: 0.02 is two percent. Both are added up."""
    least: float | None = None
    most: float | None = None
    champion: bool = True
    """Whether it is compared with the champion's."""
    no_champion: Absent = Absent.PASSES
    """When there is no champion."""
    no_champion_metric: Absent = Absent.FAILS
    """When there is a champion, of which this metric is not known, or is no number."""
    column: str = ""
    """Only of a slice of the evaluation data: the rows of one value of this column; empty for all rows."""
    value: str | None = None
    """Which value; None for each that there is, with a finding for each."""
    smallest: int = 1
    """A slice with fewer rows says nothing."""
    too_small: Absent = Absent.PASSES
    """What such a slice comes to."""


class LatencyRule(Struct, frozen=True, tag="latency"):
    """How quickly the candidate answers one row."""

    percentile: float = 95.0
    most_ms: float | None = None
    times_champion: float | None = None
    """How many times the champion's it may be."""
    no_champion: Absent = Absent.PASSES


class SizeRule(Struct, frozen=True, tag="size"):
    """How large its files are."""

    most_bytes: int | None = None
    times_champion: float | None = None
    """How many times the champion's they may be."""
    no_champion: Absent = Absent.PASSES


Rule = MetricRule | LatencyRule | SizeRule


class Evaluation(Struct, frozen=True):
    """The data on which candidate and champion are both evaluated, now. Without it, the metrics of their training runs
    are compared."""

    data: str
    """A file: CSV or Parquet; relative to the gate file."""
    target: str
    """The column to predict."""
    kind: Kind
    calls: int = 200
    """How many requests of one row the latency is taken from."""


class GateFile(Struct, frozen=True):
    """A gate, as a file says it."""

    name: str
    rules: tuple[Rule, ...]
    evaluation: Evaluation | None = None
    champion: str = "champion"
    """The alias of the version that candidates are compared with."""
    promote: str = ""
    """The alias that a candidate gets when it passes; empty for none."""
