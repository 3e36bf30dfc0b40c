"""What a job gets to work with Python: folders for its PATH and variables; and an environment of its own when it asks.

The runner calls `prepare` for every job, which starts no process, and `use_version` for UsePythonVersion@0.
Sources: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-python-version-v0 (`pythonLocation`,
and the two folders that are put in front of PATH).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.environments.creation import create_environment
from drivetrain.run.environments.shims import shims
from drivetrain.run.environments.uv_program import uv_cache

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.environments.interpreters import Interpreter


class PathAndVariables(Struct, frozen=True):
    """What to put into the environment of a job's steps."""

    path_prepend: list[str]
    """Folders to put in front of PATH, the first of them first."""
    variables: dict[str, str]


class JobPython(Struct, frozen=True):
    """A private environment of a job."""

    prefix: Path
    """Its folder: Azure's `pythonLocation`."""
    bin: Path
    python: Path
    path_prepend: list[str]
    """Folders to put in front of PATH, the first of them first."""
    variables: dict[str, str]
    """Variables for the job's later steps."""


def prepare(job_dir: Path, home: Path) -> PathAndVariables:
    """The job's default Python, made only when `python`, `pip` or `uv` is first called.

    Args:
        job_dir: a folder of this job alone, best on the file system of `home` (else wheels are copied, not linked).
        home: DRIVETRAIN_HOME.

    Raises:
        UnavailableError: `home` cannot be written.
    """
    default = job_dir / "python" / "default"
    return PathAndVariables(
        [str(default / "bin"), str(shims(home).bin)],
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


def use_version(job_dir: Path, home: Path, interpreter: Interpreter) -> JobPython:
    """The job's environment for `interpreter`, made now if the job does not have it yet.

    Raises:
        UnavailableError: it cannot be made; the message says why and what to do.
    """
    tag = hashlib.sha256(str(interpreter.path).encode()).hexdigest()[:6]
    prefix = job_dir / "python" / f"{interpreter.version}-{tag}"
    create_environment(prefix, interpreter, home)
    return JobPython(
        prefix=prefix,
        bin=prefix / "bin",
        python=prefix / "bin" / "python",
        path_prepend=[str(prefix / "bin"), str(prefix)],
        variables={"pythonLocation": str(prefix), "DRIVETRAIN_PYTHON_ENV": str(prefix)},
    )
