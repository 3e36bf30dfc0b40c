"""Takes the values of columns out of what is written down of a request. Pure.

It knows the shapes that endpoints answer to (in_replica/frames.py). What it cannot read it gives up as a whole: a body
that cannot be redacted is not written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

REDACTED = "redacted"
LONGEST = 65_536
"""Bytes of a body that are written down."""
_SPLIT = ("input_data", "dataframe_split")
_RECORDS = ("input_data", "dataframe_records", "instances", "inputs")


def written(body: bytes, names: Collection[str]) -> Any:
    """A body as it may be written: its JSON without the values of these columns; a text that says why not, else."""
    if len(body) > LONGEST:
        return f"{len(body)} bytes, which is too long to be written"
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return REDACTED if names else body.decode("utf-8", "replace")
    return value if not names else _redacted(value, frozenset(names))


def _redacted(value: Any, names: frozenset[str]) -> Any:
    if not isinstance(value, dict):
        return _records(value, names)
    return {key: _input(key, each, names) for key, each in value.items()}


def _input(key: str, value: Any, names: frozenset[str]) -> Any:
    if key in names:
        return REDACTED
    if key in _SPLIT and isinstance(value, dict) and isinstance(value.get("columns"), list):
        return _split(value, names)
    return _records(value, names) if key in _RECORDS else _inner(value, names)


def _split(value: dict[str, Any], names: frozenset[str]) -> Any:
    places = {index for index, name in enumerate(value["columns"]) if name in names}
    rows = value.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return REDACTED
    data = [[REDACTED if index in places else _inner(each, names) for index, each in enumerate(row)] for row in rows]
    return {**value, "data": data}


def _records(value: Any, names: frozenset[str]) -> Any:
    """Rows without names cannot be told apart: then none of them is written."""
    if isinstance(value, list):
        return [_inner(row, names) if isinstance(row, dict) else REDACTED for row in value]
    return _inner(value, names) if isinstance(value, dict) else REDACTED


def _inner(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: REDACTED if key in names else _inner(each, names) for key, each in value.items()}
    return [_inner(each, names) for each in value] if isinstance(value, list) else value
