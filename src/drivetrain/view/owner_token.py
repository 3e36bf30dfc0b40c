"""The owner's token: one file that only the owner can read. Whoever has it may do everything."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.errors import CorruptError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")


def read_or_make(path: Path) -> str:
    """The token in the file, which is made at first use; of several who make it at once all get the same. Raises
    UnavailableError when it cannot be read or made, CorruptError when it holds no token.
    """
    try:
        return read(path) or _make(path)
    except OSError as error:
        raise UnavailableError(f"cannot use {path}: {error.strerror}", hint="drivetrain doctor") from error


def read(path: Path) -> str:
    """The token, empty when there is no file. Raises CorruptError when it holds no token."""
    try:
        text = path.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    if not _TOKEN.fullmatch(text):
        raise CorruptError(
            f"{path} holds no token", hint=f"remove it, then `drivetrain down` and `drivetrain up`: {path}"
        )
    return text


def _make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
        with suppress(FileExistsError):  # a link never replaces what another process has made meanwhile
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return read(path)


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read the file."""
    return not stat.S_IMODE(path.stat().st_mode) & 0o077
