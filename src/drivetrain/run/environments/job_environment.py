"""The environment that a job gets when it asks for a version of Python, by UsePythonVersion@0.

Sources: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-python-version-v0 (`pythonLocation`,
and the two folders that are put in front of PATH).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.environments.creation import create_environment

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.environments.interpreters import Interpreter


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
