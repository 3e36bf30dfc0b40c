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
    folder = job_folder / "python"
    prefixes = sorted(folder.iterdir())[:MOST_ENVIRONMENTS] if folder.is_dir() else []
    return [{"python": prefix.name.partition("-")[0], "packages": dict(_packages(prefix))} for prefix in prefixes]


def _packages(prefix: Path) -> Iterator[tuple[str, str]]:
    found = sorted(path.name for path in prefix.glob(f"lib/python*/site-packages/*{_METADATA}"))
    for name in found[:MOST_PACKAGES]:
        package, _, version = name.removesuffix(_METADATA).partition("-")
        yield package[:LONGEST].replace("_", "-").lower(), version[:LONGEST]
