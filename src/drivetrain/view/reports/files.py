"""Files that are kept with results, in the folders of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.kept import open_kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.model import JobRef

LARGEST = 100 << 20


class ReportFolders:
    """The ReportFiles port on the folders of one home."""

    def __init__(self, run_folder: Callable[[int], Path]) -> None:
        self._run_folder = run_folder

    def read(self, run_id: int, job: JobRef, attempt: int, path: str, at: int = 0, size: int = LARGEST) -> bytes | None:
        """Some bytes of a file that the results name; None when it is gone, or something else is there now."""
        file = open_kept(self._run_folder(run_id) / job.folder(attempt), path)
        if file is None:
            return None
        with file:
            file.seek(at)
            return file.read(min(size, LARGEST))
