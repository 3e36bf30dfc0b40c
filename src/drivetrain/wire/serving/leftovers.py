"""What lies in `serving/` and no deployment needs: copies of models, environments, folders of endpoints that are gone.

What was live when is in the database, and is never removed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.record.artifact_files import remove_tree
from drivetrain.serve.preparing import TO_DO
from drivetrain.store.rows import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.wire.storage import Storage

DAY = 24 * 3600.0
YOUNG_SECONDS = {"models": DAY, "code": DAY, "programs": DAY, "environments": 14 * DAY}
"""By folder of `serving/` whose entries launches name by their path: what was made since then stays. An environment in
which models are converted is named by no launch, and wanted again by the next version.
"""
ENDPOINTS = "endpoints"
WEEK = timedelta(days=7)


class Leftovers:
    """Of one home."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._serving = storage.home.serving

    def with_folders(self) -> list[str]:
        """The names, in small letters, of what has the folder of a front."""
        return [path.name for path in _entries(self._serving / ENDPOINTS)]

    def remove(self) -> list[str]:
        """Remove what is old and needed by nobody; nothing while anything is being prepared. Figures of a week
        ago and more are joined to hours.
        """
        now = self._storage.clock.now()
        self._storage.minutes.thin_out(timestamp((now - WEEK).replace(minute=0, second=0, microsecond=0)))
        known = self._storage.endpoints.all()
        deployments = [each for found in known for each in self._storage.endpoints.deployments(found.name)]
        if any(each.state in TO_DO for each in deployments):
            return []
        launches = "\n".join(to_json(each.launch) for each in deployments if each.launch is not None)
        names = {each.name.lower() for each in known}
        return [str(path.relative_to(self._serving)) for path in self._unused(launches, names) if remove_tree(path)]

    def _unused(self, launches: str, names: set[str]) -> Iterator[Path]:
        now = self._storage.clock.now().timestamp()
        for folder, young in YOUNG_SECONDS.items():
            for path in _entries(self._serving / folder):
                if f"{folder}/{path.name}" not in launches and path.stat().st_mtime < now - young:
                    yield path
        for path in _entries(self._serving / ENDPOINTS):
            if path.name not in names and path.stat().st_mtime < now - DAY:
                yield path


def _entries(folder: Path) -> list[Path]:
    """Folders, by name."""
    return sorted(path for path in folder.glob("*") if path.is_dir() and not path.is_symlink())
