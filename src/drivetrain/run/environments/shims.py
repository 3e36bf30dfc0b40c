"""The programs that stand first on a job's PATH until the job has a Python of its own; and `az` (run/az/).

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
from drivetrain.run.az import shim as az

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
    def az(self) -> Path:
        """What stands on PATH behind it, and in front of the machine's programs: `az` alone, for terminals too."""
        return self.folder / "az"

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
    pip = {file.name: file.read_bytes() for file in sorted([*_IN_JOB.glob("*.py"), _IN_JOB / "uv.toml"])}
    packages = {"drivetrain_pip": pip, az.PACKAGE: az.sources()}
    known = (text, az.text(home, Path()), PROGRAMS, packages)
    made = Shims(home / "shims" / hashlib.sha256(repr(known).encode()).hexdigest()[:16])
    if not made.bin.is_dir():
        try:
            _make(made, {made.bin: dict.fromkeys(PROGRAMS, text), made.az: {"az": az.text(home, made.lib)}}, packages)
        except OSError as error:
            raise UnavailableError(
                f"the shims for Python cannot be written under {made.folder.parent}: {error.strerror or error}",
                hint="make DRIVETRAIN_HOME writable and free some space, or choose another DRIVETRAIN_HOME",
            ) from error
    return made


def _make(made: Shims, programs: dict[Path, dict[str, str]], packages: dict[str, dict[str, bytes]]) -> None:
    made.folder.parent.mkdir(parents=True, exist_ok=True)
    import tempfile  # noqa: PLC0415 - the shims are made once in the life of a home

    with tempfile.TemporaryDirectory(dir=made.folder.parent, prefix=".making-", ignore_cleanup_errors=True) as name:
        waiting = Shims(Path(name) / "it")
        for package, sources in packages.items():
            (waiting.lib / package).mkdir(parents=True)
            for file_name, content in sources.items():
                (waiting.lib / package / file_name).write_bytes(content)
        for place, texts in programs.items():
            folder = waiting.folder / place.name
            folder.mkdir(parents=True)
            for program, text in texts.items():
                (folder / program).write_text(text, "utf-8")
                (folder / program).chmod(0o755)
        _place(waiting.folder, made.folder)


def _place(waiting: Path, wanted: Path) -> None:
    """Rename into place; somebody else's half-removed folder is replaced, their finished one is kept."""
    try:
        os.rename(waiting, wanted)  # noqa: PTH104 - a folder onto an existing one must fail
    except OSError:
        if not (wanted / "bin").is_dir():
            shutil.rmtree(wanted, ignore_errors=True)
            waiting.rename(wanted)
