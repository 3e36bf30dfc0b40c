"""Predictions -> JSON, as MLflow writes them: arrays as lists, frames as records."""

from __future__ import annotations

from typing import Any

from .codec import dumps


def plain(predictions: Any) -> Any:
    """In lists and objects."""
    if hasattr(predictions, "to_dict") and hasattr(predictions, "columns"):
        return predictions.to_dict(orient="records")
    if hasattr(predictions, "to_frame"):
        return predictions.to_frame().to_dict(orient="records")
    if hasattr(predictions, "toarray"):
        predictions = predictions.toarray()
    if hasattr(predictions, "tolist"):
        return predictions.tolist()
    if isinstance(predictions, dict):
        return {key: plain(each) for key, each in predictions.items()}
    return predictions


def shares(predictions: Any, counts: list[int]) -> list[Any] | None:
    """The predictions of each of several requests that were joined, whose rows are so many; None if they cannot be
    told apart.
    """
    listed = plain(predictions)
    if type(listed) is not list or len(listed) != sum(counts):
        return None
    shared, at = [], 0
    for count in counts:
        shared.append(listed[at : at + count])
        at += count
    return shared


def body(predictions: Any, bare: bool) -> bytes:  # noqa: FBT001 - the hot path
    """The answer."""
    return dumps(predictions if bare else {"predictions": predictions})
