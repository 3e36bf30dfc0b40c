"""Which requests are plainly valid hot writes. Pure: bytes in, a `HotWrite` or None out.

The rules are MLflow's own (https://mlflow.org/docs/latest/api_reference/rest-api.html, and its
`mlflow/utils/validation.py`), read strictly: whatever they would truncate, convert, refuse or that
we do not know is None here, and is then MLflow's to answer.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from drivetrain.record.tracking.model import HotWrite, Metric

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BODY = 1_000_000
"""Bytes of one hot request, the limit that MLflow states for log-batch."""
_MAX_METRICS, _MAX_PARAMS_TAGS, _MAX_ENTITIES = 1000, 100, 1000
_MAX_KEY, _MAX_PARAM, _MAX_TAG = 250, 6000, 8000
_INT64 = 2**63
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}", re.ASCII)
_KEY = re.compile(r"[/\w.\- :]{1,250}")
_NOT_A_TEXT = re.compile("[\x00\ud800-\udfff]")
_SPECIAL_FLOATS = ("NaN", "Infinity", "-Infinity")
_RENAMES = "mlflow.runName"


class _OddError(Exception):
    """Not plainly valid."""


def parse(operation: str, body: bytes) -> HotWrite | None:
    """The write that a request means, or None when it is not plainly valid.

    Args:
        operation: the last part of the path, such as `log-metric`.
        body: the whole JSON body.
    """
    try:
        document = json.loads(body)
        return _READERS[operation](document) if isinstance(document, dict) else None
    except (_OddError, ValueError, KeyError, RecursionError):
        return None


def named_run(body: bytes) -> str | None:
    """The run that a body names in a way that cannot be misread, else None."""
    try:
        document = json.loads(body)
        return _run_id(document) if isinstance(document, dict) else None
    except (_OddError, ValueError, RecursionError):
        return None


def _run_id(document: dict[str, Any]) -> str:
    if "runId" in document or "runUuid" in document:
        raise _OddError
    run_id = document.get("run_id", document.get("run_uuid"))
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise _OddError
    if document.get("run_uuid", run_id) != run_id:
        raise _OddError
    return run_id


def _only(document: Any, allowed: frozenset[str]) -> dict[str, Any]:
    if not isinstance(document, dict) or not document.keys() <= allowed:
        raise _OddError
    return document


def _key(value: Any) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise _OddError
    if posixpath.normpath(value) != value or value.startswith(("/", "..")) or value == ".":
        raise _OddError
    return value


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit or _NOT_A_TEXT.search(value):
        raise _OddError
    return value


def _integer(value: Any, lowest: int) -> int:
    if type(value) is not int or not lowest <= value < _INT64:
        raise _OddError
    return value


def _number(value: Any) -> float:
    if type(value) is float or (isinstance(value, str) and value in _SPECIAL_FLOATS):
        return float(value)
    if type(value) is int and abs(value) < _INT64:
        return float(value)
    raise _OddError


_RUN_KEYS = frozenset({"run_id", "run_uuid"})
_METRIC_KEYS = frozenset({"key", "value", "timestamp", "step"})
_PAIR_KEYS = frozenset({"key", "value"})
_BATCH_KEYS = frozenset({"run_id", "metrics", "params", "tags"})


def _metric(item: dict[str, Any]) -> Metric:
    return (
        _key(item["key"]),
        _number(item["value"]),
        _integer(item["timestamp"], 0),
        _integer(item.get("step", 0), -_INT64),
    )


def _param(item: dict[str, Any]) -> tuple[str, str]:
    return _key(item["key"]), _text(item["value"], _MAX_PARAM)


def _tag(item: dict[str, Any]) -> tuple[str, str]:
    key = _key(item["key"])
    if key == _RENAMES:  # changes the run itself, not only its tags
        raise _OddError
    return key, _text(item["value"], _MAX_TAG)


def _log_metric(document: dict[str, Any]) -> HotWrite:
    _only(document, _RUN_KEYS | _METRIC_KEYS)
    return HotWrite(_run_id(document), metrics=(_metric(document),))


def _log_parameter(document: dict[str, Any]) -> HotWrite:
    _only(document, _RUN_KEYS | _PAIR_KEYS)
    return HotWrite(_run_id(document), params=(_param(document),))


def _set_tag(document: dict[str, Any]) -> HotWrite:
    _only(document, _RUN_KEYS | _PAIR_KEYS)
    return HotWrite(_run_id(document), tags=(_tag(document),))


def _items(document: dict[str, Any], name: str, allowed: frozenset[str], limit: int) -> list[dict[str, Any]]:
    items = document.get(name, [])
    if not isinstance(items, list) or len(items) > limit:
        raise _OddError
    return [_only(item, allowed) for item in items]


def _log_batch(document: dict[str, Any]) -> HotWrite:
    _only(document, _BATCH_KEYS)
    metrics = tuple(map(_metric, _items(document, "metrics", _METRIC_KEYS, _MAX_METRICS)))
    params = tuple(map(_param, _items(document, "params", _PAIR_KEYS, _MAX_PARAMS_TAGS)))
    tags = tuple(map(_tag, _items(document, "tags", _PAIR_KEYS, _MAX_PARAMS_TAGS)))
    if len(metrics) + len(params) + len(tags) > _MAX_ENTITIES or len(dict(params)) < len(params):
        raise _OddError
    return HotWrite(_run_id(document), metrics, params, tags)


_READERS: dict[str, Callable[[dict[str, Any]], HotWrite]] = {
    "log-metric": _log_metric,
    "log-parameter": _log_parameter,
    "set-tag": _set_tag,
    "log-batch": _log_batch,
}
OPERATIONS = frozenset(_READERS)
"""The operations that may be hot writes: the last part of their path below /api/2.0/mlflow/runs/."""
