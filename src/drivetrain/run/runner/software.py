"""What a job had for Python when it ended: the versions of its environments and of what is installed in them.

Read from names of folders alone: nothing is started, and nothing of what is installed is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ENVIRONMENTS = 8
MOST_PACKAGES = 1000
LONGEST = 100
LONGEST_PATH = 4096
SHARED = "_shared.pth"
"""In the site of an environment, names that of the one that it stands on.
https://docs.python.org/3/library/site.html
"""
_METADATA = ".dist-info"
"""https://packaging.python.org/specifications/recording-installed-packages/#the-dist-info-directory"""


def software(job_folder: Path) -> list[dict[str, object]]:
    """Each environment of the job: its `python`, and its `packages` by name."""
    found = sorted((job_folder / "python").glob("*/lib/python*/site-packages"))[:MOST_ENVIRONMENTS]
    return [_environment(site) for site in found]


def _environment(site: Path) -> dict[str, object]:
    """With what it has from the one that it stands on; what it has itself counts first."""
    below = _below(site)
    shared = dict(_packages(below)) if below is not None else {}
    return {"python": _version(below or site), "packages": {**shared, **dict(_packages(site))}}


def _below(site: Path) -> Path | None:
    try:
        with (site / SHARED).open("rb") as file:
            place = file.read(LONGEST_PATH).decode("utf-8", "replace").strip()
    except OSError:
        return None
    found = Path(place)
    return found if "\0" not in place and found.is_absolute() and found.is_dir() else None


def _version(site: Path) -> str:
    """`3.12.1` of the folder that UsePythonVersion made, else `3.12` by what Python calls its own."""
    named = site.parents[2].name.partition("-")[0]
    return named if named[:1].isdecimal() else site.parent.name.removeprefix("python")


def _packages(site: Path) -> Iterator[tuple[str, str]]:
    found = sorted(path.name for path in site.glob(f"*{_METADATA}"))
    for name in found[:MOST_PACKAGES]:
        package, _, version = name.removesuffix(_METADATA).partition("-")
        yield package[:LONGEST].replace("_", "-").lower(), version[:LONGEST]
