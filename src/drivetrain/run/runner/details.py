"""`task.logdetail`: records that a step keeps of its own parts, nested as it likes.

They are journalled as `step.detail` and can be read with the run's events.
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#logdetail-create-or-update-a-timeline-record-for-a-task
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.runner.commands import LoggingCommand

_NONE = uuid.UUID(int=0)
_STATES = {"unknown": "Unknown", "initialized": "Initialized", "pending": "Pending"} | {
    "inprogress": "InProgress",
    "completed": "Completed",
}
_COPIED = ("name", "type", "starttime", "finishtime", "result")
LONGEST = 1000
MOST = 1000


class Detail(NamedTuple):
    """What has to be known of a record to check later words about it."""

    parent: uuid.UUID


def take_detail(known: dict[uuid.UUID, Detail], command: LoggingCommand) -> dict[str, object]:
    """Check a command against the records that the step has made, and remember its own; the data of its journal entry.

    Raises UserError with the agent's words.
    """
    given = command.properties
    own = _guid(given.get("id", ""))
    if own == _NONE:
        raise UserError("Can't update timeline record, timeline record id is not provided.")
    parent = _guid(given.get("parentid", ""))
    known[own] = _changed(known[own], parent) if own in known else _new(known, given, parent)
    copied: dict[str, object] = {name: given[name][:LONGEST] for name in _COPIED if name in given}
    if "order" in given and given["order"].lstrip("-").isdecimal():
        copied["order"] = int(given["order"][:9])
    if given.get("progress", "").isdecimal():
        copied["percent"] = min(100, int(given["progress"][:9]))
    if "state" in given:
        copied["state"] = _STATES.get(given["state"].strip().lower(), "Pending")
    if command.data:
        copied["text"] = command.data[:LONGEST]
    return {"id": str(own), "parent": "" if known[own].parent == _NONE else str(known[own].parent), **copied}


def _new(known: Mapping[uuid.UUID, Detail], given: Mapping[str, str], parent: uuid.UUID) -> Detail:
    if len(known) >= MOST:
        raise UserError(f"a step may make {MOST} timeline records")
    for name in ("name", "type"):
        if not given.get(name):
            raise UserError(f"{name.capitalize()} is required for this new timeline record.")
    if parent not in (_NONE, *known):
        raise UserError("Parent timeline record has not been created for this new timeline record.")
    return Detail(parent)


def _changed(before: Detail, parent: uuid.UUID) -> Detail:
    if parent not in (_NONE, before.parent):
        raise UserError("Can't change parent timeline record of an existing timeline record.")
    return before


def _guid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text) if text else _NONE
    except ValueError:
        raise UserError(f"'{text[:100]}' is not the id of a timeline record: it must be a GUID") from None
