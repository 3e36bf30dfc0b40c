"""The programs that stand first on a job's PATH until the job has a Python of its own.

A job that never calls Python pays nothing for it: `python`, `pip` and `uv` are small shell scripts, made once per
version of Drivetrain and shared by all jobs. The first of them to be called makes the job's environment, then becomes
the real program.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shlex
import shutil
import sys
from pathlib import Path

from msgspec import Struct

from drivetrain.errors import UnavailableError

PROGRAMS = ("python", "python3", "pip", "pip3", "uv", "uvx")
_IN_JOB = Path(__file__).parent / "in_job"
_SHIM = """\
#!/bin/sh
# Made by Drivetrain: makes this job's Python environment when it is first needed, then becomes the program in it.
if [ -z "$DRIVETRAIN_PYTHON_ENV" ]; then
  echo "drivetrain: DRIVETRAIN_PYTHON_ENV is not set; this ${{0##*/}} works only in the steps of a job" >&2
  exit 127
fi
if [ ! -e "$DRIVETRAIN_PYTHON_ENV/.drivetrain/ready" ]; then
  {python} -I -m drivetrain.run.environments.first_use "$DRIVETRAIN_PYTHON_ENV" {home} || exit
fi
exec "$DRIVETRAIN_PYTHON_ENV/bin/${{0##*/}}" "$@"
"""


class Shims(Struct, frozen=True):
    """The folder of one version of the shims."""

    folder: Path

    @property
    def bin(self) -> Path:
        """What stands on PATH."""
        return self.folder / "bin"

    @property
    def lib(self) -> Path:
        """What environments add to Python's path to reach `drivetrain_pip`."""
        return self.folder / "lib"


@functools.cache
def shims(home: Path) -> Shims:
    """The shims under `home`, made if they are not there; two processes may do so at once.

    Raises:
        UnavailableError: the folder cannot be written.
    """
    text = _SHIM.format(python=shlex.quote(sys.executable), home=shlex.quote(str(home)))
    sources = {file.name: file.read_bytes() for file in sorted([*_IN_JOB.glob("*.py"), _IN_JOB / "uv.toml"])}
    version = hashlib.sha256(repr((text, PROGRAMS, sources)).encode()).hexdigest()[:16]
    made = Shims(home / "shims" / version)
    if not made.bin.is_dir():
        try:
            _make(made, text, sources)
        except OSError as error:
            raise UnavailableError(
                f"the shims for Python cannot be written under {made.folder.parent}: {error.strerror or error}",
                hint="make DRIVETRAIN_HOME writable and free some space, or choose another DRIVETRAIN_HOME",
            ) from error
    return made


def _make(made: Shims, text: str, sources: dict[str, bytes]) -> None:
    made.folder.parent.mkdir(parents=True, exist_ok=True)
    import tempfile  # noqa: PLC0415 - the shims are made once in the life of a home

    with tempfile.TemporaryDirectory(dir=made.folder.parent, prefix=".making-", ignore_cleanup_errors=True) as name:
        waiting = Shims(Path(name) / "it")
        (waiting.lib / "drivetrain_pip").mkdir(parents=True)
        waiting.bin.mkdir()
        for file_name, content in sources.items():
            (waiting.lib / "drivetrain_pip" / file_name).write_bytes(content)
        for program in PROGRAMS:
            (waiting.bin / program).write_text(text, "utf-8")
            (waiting.bin / program).chmod(0o755)
        _place(waiting.folder, made.folder)


def _place(waiting: Path, wanted: Path) -> None:
    """Rename into place; somebody else's half-removed folder is replaced, their finished one is kept."""
    try:
        os.rename(waiting, wanted)  # noqa: PTH104 - a folder onto an existing one must fail
    except OSError:
        if not (wanted / "bin").is_dir():
            shutil.rmtree(wanted, ignore_errors=True)
            waiting.rename(wanted)
