"""The thread that finds out what was registered and promoted by whatever client, while it ran and before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.wire.registry.models import DATABASE

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from drivetrain.wire.storage import Storage

LOOK_SECONDS = 0.25
FAR_SECONDS = 10.0
"""How often it is looked although MLflow's file is as it was: runs end, and with them what is said of a version."""


class ModelWatch:
    """Looks until told to stop."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._stamp: object = None
        self._far_at = 0.0

    def serve(self, stop: Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self.look()
            stop.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Look, if MLflow's file has changed or the time has come."""
        stamp = self._stamps()
        if stamp != self._stamp or time.monotonic() >= self._far_at:
            self._storage.models.look()
            self._stamp, self._far_at = stamp, time.monotonic() + FAR_SECONDS

    def _stamps(self) -> object:
        path = self._storage.home.mlflow / DATABASE
        return [_stamp(path), _stamp(path.with_name(f"{DATABASE}-wal"))]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
