"""What a job had for Python when it ended: the versions of its environments and of what is installed in them.

Read from names of folders alone: nothing is started, and nothing of what is installed is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_ENVIRONMENTS = 8
MOST_PACKAGES = 1000
LONGEST = 100
_METADATA = ".dist-info"
"""https://packaging.python.org/specifications/recording-installed-packages/#the-dist-info-directory"""


def software(job_folder: Path) -> list[dict[str, object]]:
    """Each environment of the job: its `python`, and its `packages` by name."""
    found = sorted((job_folder / "python").glob("*/lib/python*/site-packages"))[:MOST_ENVIRONMENTS]
    return [{"python": _version(site), "packages": dict(_packages(site))} for site in found]


def _version(site: Path) -> str:
    """`3.12.1` of the folder that UsePythonVersion made, else `3.12` by what Python calls its own."""
    named = site.parents[2].name.partition("-")[0]
    return named if named[:1].isdecimal() else site.parent.name.removeprefix("python")


def _packages(site: Path) -> Iterator[tuple[str, str]]:
    found = sorted(path.name for path in site.glob(f"*{_METADATA}"))
    for name in found[:MOST_PACKAGES]:
        package, _, version = name.removesuffix(_METADATA).partition("-")
        yield package[:LONGEST].replace("_", "-").lower(), version[:LONGEST]
