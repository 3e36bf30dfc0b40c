"""Writes journal lines to MLflow's own store, inside the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from drivetrain.record.tracking.model import HotWrite, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_ENTITIES = 1000
_MAX_PARAMS_TAGS = 100
_MAY_PASS = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "REQUEST_LIMIT_EXCEEDED")
"""Errors that say nothing about the write itself: a locked database, a full disk."""


class _Batch(Struct):
    """Writes of one run, joined as far as MLflow's log_batch allows."""

    run_id: str
    writes: list[HotWrite] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def fits(self, write: HotWrite) -> bool:
        params, tags = len(self.params) + len(write.params), len(self.tags) + len(write.tags)
        whole = len(self.metrics) + len(write.metrics) + params + tags
        if any(self.params.get(key, value) != value for key, value in write.params):
            return False  # MLflow's to refuse
        return params <= _MAX_PARAMS_TAGS and tags <= _MAX_PARAMS_TAGS and whole <= _MAX_ENTITIES

    def add(self, write: HotWrite) -> None:
        self.writes.append(write)
        self.metrics.extend(write.metrics)
        self.params.update(write.params)
        self.tags.update(write.tags)


def replay(lines: Iterable[bytes]) -> list[dict[str, str]]:
    """Write every line to MLflow's store; doing so twice changes nothing.

    Returns:
        The lines that MLflow refused, each with its message.

    Raises:
        MlflowException: the store cannot be written now; all lines should be sent again.
    """
    from mlflow.server.handlers import _get_tracking_store  # noqa: PLC0415 - only in the worker

    store = _get_tracking_store()
    refusals: list[dict[str, str]] = []
    for batch in _batches(lines, refusals):
        _write(store, batch, refusals)
    return refusals


def _batches(lines: Iterable[bytes], refusals: list[dict[str, str]]) -> list[_Batch]:
    """Batches in an order that keeps that of each run's own writes."""
    done: list[_Batch] = []
    growing: dict[str, _Batch] = {}
    for line in lines:
        try:
            write = HotWrite.from_line(line)
        except ValueError as error:
            refusals.append({"line": line.decode(errors="replace"), "error": str(error)})
            continue
        batch = growing.get(write.run_id)
        if batch is None or not batch.fits(write):
            batch = growing[write.run_id] = _Batch(write.run_id)
            done.append(batch)
        batch.add(write)
    return done


def _write(store: Any, batch: _Batch, refusals: list[dict[str, str]]) -> None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - only in the worker

    try:
        _log_batch(store, batch)
    except MlflowException as error:
        if error.error_code in _MAY_PASS:
            raise
        if len(batch.writes) == 1:
            refusals.append({"line": batch.writes[0].line().decode().rstrip(), "error": str(error)})
            return
        for write in batch.writes:  # one of them is to blame: the others must not suffer
            single = _Batch(batch.run_id)
            single.add(write)
            _write(store, single, refusals)


def _log_batch(store: Any, batch: _Batch) -> None:
    from mlflow.entities import Metric as MlflowMetric  # noqa: PLC0415 - only in the worker
    from mlflow.entities import Param, RunTag  # noqa: PLC0415

    store.log_batch(
        batch.run_id,
        [MlflowMetric(*metric) for metric in batch.metrics],
        [Param(key, value) for key, value in batch.params.items()],
        [RunTag(key, value) for key, value in batch.tags.items()],
    )
