"""The Locks port on files of the home: each lock goes with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.registry.names import endpoint_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "locks"


class FileLocks:
    """Locks by name, in one folder. Names are checked: they come from outside, and become paths."""

    def __init__(self, serving: Path) -> None:
        """Below this folder, which is made when the first lock is taken."""
        self._folder = serving / FOLDER

    @contextmanager
    def changing(self, endpoint: str) -> Iterator[None]:
        """Be the only one who changes an endpoint's traffic; held briefly, so it is waited for."""
        name = endpoint_name("endpoint", endpoint).lower()
        with self._held(f"{name}.changing", fcntl.LOCK_EX):
            yield

    @contextmanager
    def preparing(self, endpoint: str, deployment: str) -> Iterator[bool]:
        """Be the only one who prepares a deployment; False when somebody else does."""
        names = (endpoint_name("endpoint", endpoint), endpoint_name("deployment", deployment))
        with self._held(f"{'.'.join(names).lower()}.preparing", fcntl.LOCK_EX | fcntl.LOCK_NB) as mine:
            yield mine

    @contextmanager
    def _held(self, name: str, how: int) -> Iterator[bool]:
        descriptor = self._open(name)
        try:
            try:
                fcntl.flock(descriptor, how)
                mine = True
            except BlockingIOError:
                mine = False
            yield mine
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            hint = "check the folder's owner and free disk space"
            raise UnavailableError(f"cannot write {self._folder / name}: {error.strerror}", hint=hint) from error
