"""What is being done to prepare a deployment, line by line: written by whoever prepares it, read by whoever waits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "progress"
MOST_BYTES = 1 << 20


class Progress:
    """One file for each deployment."""

    def __init__(self, serving: Path) -> None:
        self._folder = serving / FOLDER

    def say(self, endpoint: str, deployment: str, text: str) -> None:
        """Add a line; an empty one begins anew. What cannot be written is no reason to stop."""
        path = self._path(endpoint, deployment)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not text or (path.exists() and path.stat().st_size > MOST_BYTES):
                path.write_text("", "utf-8")
            if text:
                with path.open("a", encoding="utf-8", errors="replace") as file:
                    file.write(f"{text.rstrip()}\n")

    def said(self, endpoint: str, deployment: str) -> list[str]:
        """The lines of the last preparation."""
        try:
            return self._path(endpoint, deployment).read_text("utf-8", "replace").splitlines()
        except OSError:
            return []

    def _path(self, endpoint: str, deployment: str) -> Path:
        return self._folder / f"{endpoint.lower()}.{deployment.lower()}.log"
