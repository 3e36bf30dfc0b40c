"""What keeps the keys of steps, and when schedules are due (contract: tests/contracts/test_node_keys.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class NodeKeys(Protocol):
    """Which jobs have done, or do, what a key stands for. Any thread may call it."""

    def put(self, workspace: str, job: str, key: str) -> None:
        """Note the key of a job."""
        ...

    def jobs(self, workspace: str, key: str) -> Sequence[str]:
        """The names of the jobs with this key, the newest first."""
        ...


class Due(Struct, frozen=True):
    """A schedule and its time."""

    workspace: str
    name: str
    at: datetime


class ScheduleTimes(Protocol):
    """When schedules are due next. Any thread may call it."""

    def put(self, due: Due) -> None:
        """Set a schedule's time, in place of any other."""
        ...

    def delete(self, workspace: str, name: str) -> None:
        """It is never due; nothing when it was not."""
        ...

    def until(self, moment: datetime) -> Sequence[Due]:
        """Those that are due at a moment or before, the earliest first."""
        ...

    def next(self) -> datetime | None:
        """The earliest time of all."""
        ...
