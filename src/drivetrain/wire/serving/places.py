"""Where the front of an endpoint keeps what others find it by."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from drivetrain import __version__
from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from drivetrain.home import Home

LONGEST_FOLDER = 80
"""Bytes, so that the path of a socket in it has less than 104, the least that a system allows (macOS)."""


class FrontInfo(Struct, frozen=True):
    """What a front says of itself in `front.json`, once it takes callers."""

    pid: int
    control: str
    """The path of its control socket."""
    guard: int = 0
    """The process that starts it again when it is killed, see guard.py."""
    version: str = __version__


def lock_file(home: Home, name: str) -> Path:
    """Held (flock) by the front for as long as it lives."""
    return home.endpoint(name) / "front.lock"


def info_file(home: Home, name: str) -> Path:
    """See FrontInfo."""
    return home.endpoint(name) / "front.json"


def front_log(home: Home, name: str) -> Path:
    """What the front itself has to say."""
    return home.endpoint(name) / "front.log"


def write_info(home: Home, name: str, info: FrontInfo) -> None:
    """Say where the front is; only whoever holds the lock does so."""
    path = info_file(home, name)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(info))
    fresh.replace(path)


def read_info(home: Home, name: str) -> FrontInfo | None:
    """What is written, also when that front is gone; None when there is nothing, or it makes no sense."""
    try:
        return msgspec.json.decode(info_file(home, name).read_bytes(), type=FrontInfo)
    except (OSError, msgspec.MsgspecError):
        return None


def is_held(home: Home, name: str) -> bool:
    """Whether a front of this endpoint lives."""
    try:
        with lock_file(home, name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def sockets(home: Home, name: str) -> Path:
    """A folder of the owner's alone whose path is short enough for sockets. Raises UnavailableError."""
    folder = home.endpoint(name) / "s"
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        own = Path(tempfile.gettempdir()) / f"drivetrain-{os.getuid()}"
        _private(own)
        folder = own / hashlib.sha256(os.fsencode(home.endpoint(name))).hexdigest()[:16]
    _private(folder)
    return folder


def _private(folder: Path) -> None:
    """Make it; a folder that somebody else has put there is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise UnavailableError(
            f"{folder} is not a folder of yours alone", hint="remove it, or set TMPDIR to a folder that is"
        )
