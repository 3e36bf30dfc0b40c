"""What every job gets to work with Python, before it asks for anything: folders for its PATH, and variables.

It starts no process and imports little, because a job of ten lines of bash pays for it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.environments.shims import shims
from drivetrain.run.environments.uv_program import uv_cache

if TYPE_CHECKING:
    from pathlib import Path


class PathAndVariables(Struct, frozen=True):
    """What to put into the environment of a job's steps."""

    path_prepend: list[str]
    """Folders to put in front of PATH, the first of them first."""
    variables: dict[str, str]


def prepare(job_dir: Path, home: Path) -> PathAndVariables:
    """The job's default Python, made only when `python`, `pip` or `uv` is first called.

    Args:
        job_dir: a folder of this job alone, best on the file system of `home` (else wheels are copied, not linked).
        home: DRIVETRAIN_HOME.

    Raises:
        UnavailableError: `home` cannot be written.
    """
    default, made = job_dir / "python" / "default", shims(home)
    return PathAndVariables(
        [str(default / "bin"), str(made.bin), str(made.az)],
        {
            "DRIVETRAIN_PYTHON_ENV": str(default),
            "UV_CACHE_DIR": str(uv_cache(home)),
            "UV_LINK_MODE": "hardlink",
            # No pip of the machine may write into its Python, nor into the user's folder.
            "PIP_REQUIRE_VIRTUALENV": "1",
            "PIP_USER": "0",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUSERBASE": str(job_dir / "python" / "user"),
        },
    )
