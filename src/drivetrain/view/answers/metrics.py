"""Which way a metric is to go, and whether it did. Pure."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.tracking.model import DIRECTION_TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.record.tracking.model import TrainingRun

MOST = 30
"""Metrics of one training run that are told."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOWER = _words(
    """
    loss error err errors rmse mse mae mape smape msle rmsle rmsse mase medae latency perplexity ppl logloss
    brier wer cer ter eer ece time seconds duration ms cost regret fpr fnr fid hamming distance deviance aic bic
    """
)
_HIGHER = _words(
    """
    accuracy acc auc auroc auprc aucpr roc f1 f2 fbeta r2 precision recall score ap map bleu rouge meteor iou
    dice mcc kappa ndcg mrr specificity sensitivity throughput tpr tnr gini jaccard reward silhouette
    """
)
_OPPOSITE = frozenset({"neg", "negative"})
"""scikit-learn's scorers are all to be as high as can be: `neg_mean_squared_error`."""
_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
SAME = 1e-9
"""Difference, in proportion, that counts as none."""


class Direction(StrEnum):
    """Which values of a metric are better."""

    LOWER = "min"
    HIGHER = "max"
    UNKNOWN = ""


class Mark(StrEnum):
    """How a value stands to another."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NONE = ""
    """It cannot be said: nobody knows the direction, or there is nothing to compare with."""


class Beside(Struct, frozen=True):
    """A metric of this run beside that of another."""

    name: str
    now: float
    then: float | None
    direction: Direction

    @property
    def mark(self) -> Mark:
        """Whether it is better."""
        if self.then is None or math.isnan(self.now) or math.isnan(self.then):
            return Mark.NONE
        if self.now == self.then or math.isclose(self.now, self.then, rel_tol=SAME):
            return Mark.SAME
        if self.direction is Direction.UNKNOWN:
            return Mark.NONE
        return Mark.BETTER if (self.now > self.then) == (self.direction is Direction.HIGHER) else Mark.WORSE


def direction_of(name: str, tags: Mapping[str, str]) -> Direction:
    """As the tag `drivetrain.metric.NAME` of the training run says (`min` or `max`), else by the words of its name. The
    last word that is known counts: `train_loss_accuracy` is an accuracy, `error_rate` an error.
    """
    said = tags.get(f"{DIRECTION_TAGS}{name}", "").strip().lower()
    if said in {Direction.LOWER, Direction.HIGHER}:
        return Direction(said)
    words = [word.lower() for word in _TOKEN.findall(name[:200])]
    known = [word for word in words if word in _LOWER | _HIGHER]
    if not known:
        return Direction.UNKNOWN
    if _OPPOSITE & set(words):
        return Direction.HIGHER
    return Direction.LOWER if known[-1] in _LOWER else Direction.HIGHER


def beside(now: TrainingRun, then: TrainingRun | None) -> list[Beside]:
    """Every metric of a training run; those that got worse first, then those that got better."""
    order = {Mark.WORSE: 0, Mark.BETTER: 1, Mark.NONE: 2, Mark.SAME: 3}
    found = [
        Beside(name, value, then.metrics.get(name) if then else None, direction_of(name, {**_tags(then), **now.tags}))
        for name, value in sorted(now.metrics.items())
    ]
    return sorted(found, key=lambda each: order[each.mark])


def _tags(run: TrainingRun | None) -> Mapping[str, str]:
    return run.tags if run else {}


PARENT_TAG = "mlflow.parentRunId"


def paired(now: Sequence[TrainingRun], then: Sequence[TrainingRun]) -> list[tuple[TrainingRun, TrainingRun | None]]:
    """Each training run with the one that it is to be compared with: of the same experiment and job, in the order in
    which they began. Runs below others (trials of a sweep) are left out.
    """
    before: dict[tuple[str, str], list[TrainingRun]] = {}
    for each in then:
        if PARENT_TAG not in each.tags:
            before.setdefault((each.experiment, each.job), []).append(each)
    found = []
    for each in now:
        if PARENT_TAG not in each.tags:
            others = before.get((each.experiment, each.job), [])
            found.append((each, others.pop(0) if others else None))
    return found
