# ruff: noqa: PTH103, PTH105, PTH112, PTH118, PTH119, PTH123
# (pathlib would add a tenth to the start-up time of every `pip`)
"""Puts Drivetrain's own `pip` and `uv` back after an installation replaced them.

`pip install --upgrade pip` is in nearly every pipeline. What belongs into the environment is kept in
`<prefix>/.drivetrain/overlay`, laid out like the environment itself.
"""

from __future__ import annotations

import os
import shutil


def put_back(prefix: str) -> None:
    """Replace what is not as the overlay has it; files of packages that are gone stay gone."""
    root = os.path.join(prefix, ".drivetrain", "overlay")
    for folder, _, files in os.walk(root):
        place = os.path.join(prefix, os.path.relpath(folder, root))
        if os.path.isdir(place):
            for name in files:
                _put(os.path.join(folder, name), os.path.join(place, name), prefix)


def _put(ours: str, place: str, prefix: str) -> None:
    if not os.path.lexists(place):
        return
    with open(ours, "rb") as first, open(place, "rb") as second:
        if first.read() == second.read():
            return
    if os.path.basename(place) in ("uv", "az"):
        _keep(place, prefix)
    waiting = f"{place}.{os.getpid()}"
    shutil.copy(ours, waiting)
    os.replace(waiting, place)


def _keep(place: str, prefix: str) -> None:
    """A uv or az that the job installed for itself: ours runs it."""
    folder = os.path.join(prefix, ".drivetrain", "displaced")
    os.makedirs(folder, exist_ok=True)
    os.replace(place, os.path.join(folder, os.path.basename(place)))
