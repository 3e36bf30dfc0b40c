"""Rows to values and back. JSON columns hold whole records, read back by their annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from drivetrain.errors import CorruptError
from drivetrain.run.events import RunEvent
from drivetrain.run.model import RepositorySource, Result, Run, State
from drivetrain.source.events import Cause
from drivetrain.source.model import Reason

if TYPE_CHECKING:
    import sqlite3

_Record = TypeVar("_Record")
_encoder = msgspec.json.Encoder()


_decoders: dict[object, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: object) -> msgspec.json.Decoder[Any]:
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]


def to_json(value: object) -> str:
    """JSON text of a record or plain value."""
    return _encoder.encode(value).decode()


def from_json(text: str | bytes, kind: type[_Record]) -> _Record:
    """The record again. Raises CorruptError."""
    try:
        record: _Record = _decoder(kind).decode(text)
    except msgspec.MsgspecError as error:
        raise CorruptError(f"the database holds a {kind.__name__} that cannot be read: {error}") from error
    return record


def plain_json(text: str | bytes) -> Any:
    """Plain JSON."""
    return _decoder(object).decode(text)


RUN_COLUMNS = (
    "id, number, pipeline, file, reason, source, requested_for, requested_for_email, project_id, project, state, "
    "result, created_at, started_at, finished_at, cancel_requested, cancel_by, canceling, parameters, variables, tags, "
    "rerun_of, checks_skipped_by, cause, restricted, CASE WHEN state = 'running' THEN ("
    "SELECT MAX(json_extract(data, '$.state') = 'running') = 0 AND "
    "MAX(json_extract(data, '$.state') = 'pending' AND json_extract(data, '$.reason') <> '') = 1 "
    "FROM stages WHERE run_id = runs.id) ELSE 0 END AS waiting"
)
"""The last one says of a run that no stage of it runs, and that one of them waits for somebody or something."""


def run_from(row: sqlite3.Row) -> Run:
    """A run from its `RUN_COLUMNS`."""
    values = dict(row)
    values["reason"] = Reason(values["reason"])
    values["source"] = from_json(values["source"], RepositorySource)
    values["state"] = State(values["state"])
    values["result"] = Result(values["result"]) if values["result"] else None
    values["parameters"] = plain_json(values["parameters"])
    values["variables"] = plain_json(values["variables"])
    values["tags"] = tuple(plain_json(values["tags"]))
    values["cancel_requested"] = bool(values["cancel_requested"])
    values["canceling"] = bool(values["canceling"])
    values["waiting"] = bool(values["waiting"])
    values["cause"] = _cause(values["cause"]) if values["cause"] else None
    values["restricted"] = bool(values["restricted"])
    return Run(**values)


def _cause(text: str) -> Cause:
    try:
        cause: Cause = _decoder(Cause).decode(text)
    except msgspec.MsgspecError as error:
        raise CorruptError(f"the database holds what started a run, and it cannot be read: {error}") from error
    return cause


def event_from(row: sqlite3.Row) -> RunEvent:
    """An event from `seq, time, type, data, version`."""
    return RunEvent(row["seq"], row["time"], row["type"], plain_json(row["data"]), row["version"])
