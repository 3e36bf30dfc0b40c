"""A runner in a new interpreter: for a server, whose threads make `fork` unsafe."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.model import JobSecrets

RUNNER = ("-m", "drivetrain.wire.runner")
LOG_FILE = "runner.log"


class Spawn:
    """Starts `python -m drivetrain.wire.runner JOB_DIR`, the secrets on its standard input."""

    def __init__(self, command: Sequence[str] = (sys.executable, *RUNNER)) -> None:
        self._command = tuple(command)

    def __call__(self, job_dir: Path, secrets: JobSecrets) -> int:
        """Start it in a session of its own. Raises OSError."""
        with _readable(msgspec.json.encode(secrets)) as stdin, (job_dir / LOG_FILE).open("ab") as log:
            process = subprocess.Popen(
                [*self._command, str(job_dir)],
                stdin=stdin,
                stdout=log,
                stderr=log,
                cwd=job_dir,
                start_new_session=True,
            )
        # The executor waits for it by its process id; Popen must not complain that nobody did.
        process.returncode = 0
        return process.pid


@contextlib.contextmanager
def _readable(data: bytes) -> Iterator[int]:
    """A descriptor to read `data` from: memory, never a named file, and never a pipe that could fill up."""
    descriptor = os.memfd_create("secrets") if hasattr(os, "memfd_create") else _unnamed()
    try:
        os.write(descriptor, data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _unnamed() -> int:
    import tempfile  # noqa: PLC0415 - only for secrets that do not fit into a pipe

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
