"""Secure files: each is one sealed file in a folder of the home, under a name that says nothing."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.errors import CorruptError, NotFoundError, UnavailableError
from drivetrain.ids import RandomIds

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from drivetrain.ids import Ids
    from drivetrain.run.ports import Vault

NEW = ".new"
"""The end of the name of a file that is being written."""
SWEEP_SECONDS = 3600.0
"""What no row names is taken for left over when it is this old."""


class SealedFiles:
    """The folder of sealed files. Any thread may call it."""

    def __init__(self, folder: Path, vault: Vault, ids: Ids | None = None) -> None:
        self._folder = folder
        self._vault = vault
        self._ids = ids or RandomIds()

    def write(self, content: bytes) -> str:
        """Keep a file; its ticket. Raises UnavailableError when the disk does not take it."""
        ticket = self._ids.guid()
        sealed = self._vault.seal(content.decode("utf-8", "surrogateescape"))
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = self._folder / f"{ticket}{NEW}"
            with open(new, "w", encoding="ascii", opener=_owner_only) as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._folder / ticket)
        except OSError as error:
            raise UnavailableError(f"cannot write below {self._folder}: {error.strerror}") from error
        return ticket

    def read(self, ticket: str) -> bytes:
        """The file again. Raises NotFoundError, CorruptError, UnavailableError."""
        if not ticket or set(ticket) & set("/\\.\0"):
            raise CorruptError(f"{ticket!r} is not the ticket of a secure file")
        try:
            sealed = (self._folder / ticket).read_text("ascii", "replace")
        except FileNotFoundError:
            raise NotFoundError(
                "the secure file was removed", hint="add it again: drivetrain secure-file add"
            ) from None
        except OSError as error:
            raise UnavailableError(f"cannot read {self._folder / ticket}: {error.strerror}") from error
        return self._vault.open(sealed).encode("utf-8", "surrogateescape")

    def remove(self, ticket: str) -> None:
        """Forget a file; doing it again is harmless."""
        with suppress(OSError):
            (self._folder / ticket).unlink()

    def sweep(self, tickets: Collection[str]) -> None:
        """Remove what was left over by a process that was killed: whatever is none of `tickets`."""
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in tickets and time.time() - path.stat().st_mtime > SWEEP_SECONDS:
                    path.unlink()


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
