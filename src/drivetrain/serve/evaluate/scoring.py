"""Metrics of predictions, by scikit-learn; under the names that MLflow's evaluation gives them.

What is not defined on some rows is a problem with a reason, never a number that stands for it.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

from drivetrain.definition.gate.model import COMPUTED, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TWO = 2
PROBABILITIES = "it needs probabilities, and the model answers with labels: log it with pyfunc_predict_fn=predict_proba"


class Predicted(NamedTuple):
    """What a model has answered, as far as metrics need it."""

    labels: Any
    """For each row; of a regression the numbers."""
    shares: Any = None
    """Probabilities: a column for each of `classes`; None when it answers with labels."""
    classes: tuple[Any, ...] = ()
    """All labels that there are, sorted."""


def understood(answers: list[Any], target: Any, kind: Kind) -> Predicted:
    """Answers as predictions. Raises ValueError that says why they are none."""
    flat = [_scalar(each) for each in answers]
    if kind is Kind.REGRESSION:
        numbers = np.asarray(flat, dtype=float)  # raises ValueError, TypeError
        if numbers.ndim != 1:
            raise ValueError(f"a regression has one number for a row, not {numbers.shape[1]}")
        return Predicted(numbers)
    known = tuple(sorted(set(target.tolist()), key=_order))
    if flat and isinstance(flat[0], list):
        return _of_shares(np.asarray(flat, dtype=float), known)
    if len(known) == _TWO and not set(flat) <= set(known) and all(_is_share(each) for each in flat):
        second = np.asarray(flat, dtype=float)
        return _of_shares(np.column_stack([1 - second, second]), known)
    labels, said = _alike(flat, target.tolist())
    return Predicted(labels, None, tuple(sorted({*labels, *said}, key=_order)))


def with_shares(served: Predicted, other: Predicted) -> Predicted:
    """What is served, with the probabilities that the same model gives when it is asked for them."""
    return served if other.shares is None else Predicted(served.labels, other.shares, other.classes)


def _of_shares(shares: Any, classes: tuple[Any, ...]) -> Predicted:
    if shares.ndim != _TWO or shares.shape[1] != len(classes):
        raise ValueError(
            f"the model answers with {shares.shape[-1]} probabilities, but the target has {len(classes)} labels"
        )
    return Predicted([classes[best] for best in shares.argmax(axis=1)], shares, classes)


def _scalar(answer: Any) -> Any:
    """One prediction: a list or an object of one counts as what is in it."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    return answer[0] if isinstance(answer, list) and len(answer) == 1 else answer


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _order(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))


def _alike(predicted: list[Any], said: list[Any]) -> tuple[list[Any], list[Any]]:
    """Labels that can be compared: as texts, where one side has texts."""
    if any(isinstance(each, str) for each in (*predicted, *said)):
        return [str(each) for each in predicted], [str(each) for each in said]
    return predicted, said


def scores(target: Any, predicted: Predicted, rows: Any, kind: Kind) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics of these rows, and why others are not there."""
    found: dict[str, float] = {}
    problems: dict[str, str] = {}
    computing = dict(
        _regression(target, predicted, rows) if kind is Kind.REGRESSION else _classes(target, predicted, rows)
    )
    for name in (name for name, each in COMPUTED.items() if kind in each.kinds):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UndefinedMetricWarning)  # a value was made up
                value = float(computing[name]())
        except (ValueError, TypeError, Warning) as error:
            problems[name] = str(error).splitlines()[0][:300]
            continue
        if math.isfinite(value):
            found[name] = value
        else:
            problems[name] = "it is not defined on these rows"
    return found, problems


def _regression(target: Any, predicted: Predicted, rows: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    said, answered = np.asarray(target[rows], dtype=float), predicted.labels[rows.to_numpy()]
    wrong = int((~np.isfinite(answered)).sum())
    functions = {
        "root_mean_squared_error": metrics.root_mean_squared_error,
        "mean_squared_error": metrics.mean_squared_error,
        "mean_absolute_error": metrics.mean_absolute_error,
        "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error,
        "max_error": metrics.max_error,
        "r2_score": metrics.r2_score,
    }
    for name, function in functions.items():

        def compute(function: Any = function) -> Any:
            if wrong:
                raise ValueError(f"{wrong} of {len(answered)} predictions are not numbers")
            return function(said, answered)

        yield name, compute


def _classes(target: Any, predicted: Predicted, rows: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    mask = rows.to_numpy()
    labels, said = _alike(list(predicted.labels), target.tolist())
    answered = np.asarray(labels, dtype=object)[mask].tolist()
    truth = np.asarray(said, dtype=object)[mask].tolist()
    two = len(predicted.classes) <= _TWO
    averaged: dict[str, Any] = {"zero_division": np.nan}
    # As MLflow: the last of two labels is the positive one; of more, each counts by how often it is.
    averaged |= {"average": "binary", "pos_label": _label(predicted, labels)} if two else {"average": "weighted"}
    yield "accuracy_score", lambda: metrics.accuracy_score(truth, answered)
    yield "precision_score", lambda: metrics.precision_score(truth, answered, **averaged)
    yield "recall_score", lambda: metrics.recall_score(truth, answered, **averaged)
    yield "f1_score", lambda: metrics.f1_score(truth, answered, **averaged)
    yield "roc_auc", lambda: _roc_auc(truth, predicted, mask)
    yield "precision_recall_auc", lambda: _precision_recall(truth, predicted, mask)
    yield "log_loss", lambda: metrics.log_loss(truth, _shares(predicted, mask), labels=_names(predicted, truth))


def _label(predicted: Predicted, labels: list[Any]) -> Any:
    last = predicted.classes[-1]
    return str(last) if labels and isinstance(labels[0], str) else last


def _names(predicted: Predicted, truth: list[Any]) -> list[Any]:
    texts = bool(truth) and isinstance(truth[0], str)
    return [str(each) if texts else each for each in predicted.classes]


def _shares(predicted: Predicted, mask: Any) -> Any:
    if predicted.shares is None:
        raise ValueError(PROBABILITIES)
    return predicted.shares[mask]


def _roc_auc(truth: list[Any], predicted: Predicted, mask: Any) -> Any:
    shares = _shares(predicted, mask)
    if len(set(truth)) < len(predicted.classes):
        raise ValueError(f"it needs rows of all {len(predicted.classes)} labels, and there are {len(set(truth))}")
    if len(predicted.classes) == _TWO:
        return metrics.roc_auc_score([each == predicted.classes[-1] for each in truth], shares[:, 1])
    return metrics.roc_auc_score(truth, shares, multi_class="ovr", average="weighted", labels=_names(predicted, truth))


def _precision_recall(truth: list[Any], predicted: Predicted, mask: Any) -> Any:
    shares = _shares(predicted, mask)
    if len(predicted.classes) != _TWO or len(set(truth)) != _TWO:
        raise ValueError("it needs rows of two labels")
    precision, recall, _ = metrics.precision_recall_curve(
        [each == predicted.classes[-1] for each in truth], shares[:, 1]
    )
    return metrics.auc(recall, precision)
