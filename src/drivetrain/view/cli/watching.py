"""`drivetrain run --watch`: the same command again as a process of its own, whenever the working tree has changed.

A process of its own, because jobs are forked from it, and watching takes threads.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from drivetrain.source.snapshot import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.home import Home
    from drivetrain.source.snapshot import Snapshot

LOOK_MS = 200
"""How often the end of the run is looked for."""
FLAG = "--watch"


def run_on_changes(folder: Path, home: Home) -> int:
    """Run now and after every change, until Ctrl-C; the exit code of the last run.

    Raises UserError, UnavailableError when the working tree cannot be read.
    """
    watched = _Watched(folder, home.root / "snapshots")
    with suppress(KeyboardInterrupt):  # the run has heard it as well: it cancels its jobs and ends
        watched.forever()
    return watched.run.wait()


class _Watched:
    """A working tree and its newest run."""

    def __init__(self, folder: Path, store: Path) -> None:
        self._folder = folder
        self._store = store
        self._seen = self._take()
        self.run = _start()

    def _take(self) -> Snapshot:
        """The same content is the same commit, so that what git ignores, and saving without a change, start nothing."""
        return snapshot(self._folder, self._store)

    def forever(self) -> None:
        """Start a run when the one before has ended and files are not what they were."""
        from watchfiles import watch  # noqa: PLC0415 - only --watch needs it

        changed, told = True, False
        for changes in watch(self._seen.root, rust_timeout=LOOK_MS, yield_on_timeout=True):
            changed = changed or bool(changes)
            if self.run.poll() is None:
                continue
            if changed and self._run_again():
                told = False
            elif not told:
                told = True
                click.echo("watching for changes (Ctrl-C ends)")
            changed = False

    def _run_again(self) -> bool:
        now = self._take()
        if now.commit.sha == self._seen.commit.sha:
            return False
        click.echo("a file has changed: running again")
        self._seen, self.run = now, _start()
        return True


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "drivetrain", *(word for word in sys.argv[1:] if word != FLAG)])
