"""The packages of a version as a file that every installation of its reproduction keeps to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.home import Home
    from drivetrain.registry.versions.model import ModelVersion

CONSTRAINTS = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
"""Variables by which every `pip install` and `uv pip install` of a job keeps to the versions of a file.

https://pip.pypa.io/en/stable/user_guide/#constraints-files
"""
_NOT_PINNED = frozenset({"pip", "setuptools", "wheel", "uv"})
"""What installs is not what is installed."""


def constraints(home: Home, version: ModelVersion) -> dict[str, str]:
    """Variables of a run that keeps to the version's lock: a file, kept by its content. Nothing without packages."""
    pins = {name: number for name, number in version.packages.items() if name not in _NOT_PINNED}
    if not pins:
        return {}
    text = "".join(f"{name}=={number}\n" for name, number in sorted(pins.items()))
    folder = home.cache / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.txt"
    path.write_text(text, "utf-8")
    return dict.fromkeys(CONSTRAINTS, str(path))
