"""Runs uv, which Drivetrain brings with it, with one private cache under its home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_KEPT = (
    "UV_HTTP_TIMEOUT",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_PYPY_INSTALL_MIRROR",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_SYSTEM_CERTS",
)
"""What a user may tell uv about the network; everything else would change what is installed."""


def uv_path() -> Path:
    """The uv that was installed with Drivetrain, else one on PATH.

    Raises:
        UnavailableError: there is none.
    """
    beside = Path(sys.executable).parent / "uv"
    if beside.exists():
        return beside
    found = shutil.which("uv")
    if found is None:
        raise UnavailableError(
            "uv is not installed, so no Python environment can be made",
            hint=f"install it beside Drivetrain: {sys.executable} -m pip install uv",
        )
    return Path(found)


def uv_version() -> str:
    """The version of `uv_path()`, or an empty text (asking it is quicker than importing importlib.metadata)."""
    done = subprocess.run([uv_path(), "--version"], capture_output=True, text=True, check=False)
    return [*done.stdout.split(), "", ""][1]


def uv_cache(home: Path) -> Path:
    """The cache that all jobs share: unpacked wheels, linked into environments."""
    return home / "cache" / "uv"


def uv_environment(home: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which uv does only what we ask: no settings of the user's for uv, our cache, hard links."""
    inherited = os.environ if environ is None else environ
    kept = {
        name: value for name, value in inherited.items() if name in _KEPT or not name.startswith(("UV_", "VIRTUAL_ENV"))
    }
    return kept | {"UV_CACHE_DIR": str(uv_cache(home)), "UV_LINK_MODE": "hardlink", "UV_NO_CONFIG": "1"}


def run_uv(arguments: Sequence[str | Path], home: Path, *, purpose: str, hint: str = "") -> str:
    """Run uv and give what it printed.

    Raises:
        UnavailableError: it failed; the message says for what purpose, and why in uv's own words.
    """
    done = subprocess.run(
        [uv_path(), *arguments], env=uv_environment(home), capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, cwd=_quiet_folder(home),
    )  # fmt: skip
    if done.returncode:
        raise failure(purpose, done.stderr, done.returncode, hint=hint)
    return done.stdout


def failure(purpose: str, told: str, code: int, *, hint: str = "") -> UnavailableError:
    """The error for a program that failed while doing `purpose`, with what to do about a full disk."""
    if "No space left on device" in told or "os error 28" in told:
        hint = "free some disk space, then run the job again: nothing half made is used"
    elif "Read-only file system" in told or "Permission denied" in told:
        hint = "make DRIVETRAIN_HOME and the work folder writable, or choose another DRIVETRAIN_HOME"
    said = told.strip() or f"it ended with exit code {code} and said nothing"
    return UnavailableError(f"{purpose} failed: {said}", hint=hint)


def _quiet_folder(home: Path) -> Path:
    """A folder without a pyproject.toml or .python-version that uv would read."""
    return home if home.is_dir() else Path(home.anchor)
