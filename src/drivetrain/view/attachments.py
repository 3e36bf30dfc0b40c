"""Files that steps have handed over by logging commands: told by the run's events, kept in the folders of its jobs.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#addattachment-attach-a-file-to-the-build
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.run.model import JobRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drivetrain.run.events import RunEvent
    from drivetrain.view.ports import LogReader, RunQueries

EVENT = "attachment"
SUMMARY = "DistributedTask.Core.Summary"
_FOLDER = "attachments/"


class Attachment(Struct, frozen=True):
    """One of them."""

    number: int
    """The number of the event that tells of it."""
    job: JobRef
    attempt: int
    step: int
    type: str
    name: str
    path: Path
    size: int


def attachments(runs: RunQueries, logs: LogReader, run_id: int) -> list[Attachment]:
    """Those of a run that are still there, in their order."""
    return list(attached(every_event(runs, run_id), logs, run_id))


def find_attachment(runs: RunQueries, logs: LogReader, run_id: int, number: int) -> Attachment:
    """The one of this number. Raises NotFoundError."""
    events = runs.events(run_id, number - 1, 1)
    for found in attached(events, logs, run_id):
        if found.number == number:
            return found
    raise NotFoundError(f"run {run_id} has no attachment {number}", hint="its page lists those that it has")


def every_event(runs: RunQueries, run_id: int) -> Iterator[RunEvent]:
    """The events of a run, from the first to the newest."""
    seq = 0
    while events := runs.events(run_id, seq):
        yield from events
        seq = events[-1].seq


def attached(events: Sequence[RunEvent] | Iterator[RunEvent], logs: LogReader, run_id: int) -> Iterator[Attachment]:
    """What events tell of attachments. A job writes its journal itself, so what is not as it should be is left out."""
    for event in events:
        found = _read(event, logs, run_id) if event.type == EVENT else None
        if found is not None:
            yield found


def _read(event: RunEvent, logs: LogReader, run_id: int) -> Attachment | None:
    data: Mapping[str, Any] = event.data
    try:
        job = JobRef(str(data["stage"]), str(data["job"]), str(data.get("leg") or ""))
        attempt, step = int(data["attempt"]), int(data["step"])
        told = str(data["path"]).removeprefix(_FOLDER)
    except (KeyError, TypeError, ValueError):
        return None
    path = logs.attachment(run_id, job, attempt, told)
    if path is None:
        return None
    kind, name = str(data.get("type_") or ""), str(data.get("name") or path.name)
    return Attachment(event.seq, job, attempt, step, kind, name, path, path.stat().st_size)
