"""The Python environments of deployments, by uv: one for each list of packages and version of Python. They lie beside
the models, not in the cache, which may be deleted at any time: replicas are started in them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UnavailableError, UserError
from drivetrain.run.azureml.conda import read_conda
from drivetrain.run.environments.interpreters import SearchPath, find_interpreters
from drivetrain.run.environments.resolution import resolve_interpreter
from drivetrain.run.environments.uv_program import run_uv
from drivetrain.run.environments.version_spec import parse_version
from drivetrain.run.environments.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.run.environments.interpreters import Interpreter
    from drivetrain.serve.model import EnvironmentSpec

_OLDEST = (3, 8)
_OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
_READY = ".drivetrain-ready"
_NETWORK = ("Could not connect", "dns error", "error sending request", "timed out", "Network is unreachable")


class Wanted(Struct, frozen=True):
    """What an environment is made of."""

    python: str
    lines: tuple[str, ...]


class UvEnvironments(Struct, frozen=True):
    """Builds environments in `folder` (serve/prepare/ports.py, Environments)."""

    folder: Path
    home: Path
    allow_install: bool = True
    """Whether uv may download an interpreter."""

    def __call__(self, spec: EnvironmentSpec, extra: tuple[str, ...], say: Callable[[str], None]) -> Path:
        """The interpreter of the environment."""
        wanted = wanted_of(spec, extra)
        interpreter = self._interpreter(wanted.python)
        lines = "\n".join([f"{interpreter.version} {interpreter.path}", *sorted(wanted.lines)])
        prefix = self.folder / f"{interpreter.version}-{hashlib.sha256(lines.encode()).hexdigest()[:20]}"
        if not (prefix / _READY).is_file():
            with _only_one(prefix):
                if not (prefix / _READY).is_file():
                    say(f"Environment: Python {interpreter.version}, {_listed(wanted.lines)}")
                    self._make(prefix, interpreter, wanted)
        return prefix / "bin" / "python"

    def _interpreter(self, python: str) -> Interpreter:
        """The one that is asked for; without a wish one of the version that Drivetrain itself runs on."""
        search = SearchPath.of_machine(self.home)
        found = resolve_interpreter(python or _OURS, search, allow_install=self.allow_install)
        if parse_version(found.version).release[:2] < _OLDEST:
            known = sorted({each.version for each in find_interpreters(search)})
            raise UserError(
                f"models cannot be served by Python {found.version}: Drivetrain's replicas need 3.8 or newer",
                hint=f"save it with a newer Python, or give an environment (here are {', '.join(known)})",
            )
        return found

    def _make(self, prefix: Path, interpreter: Interpreter, wanted: Wanted) -> None:
        shutil.rmtree(prefix, ignore_errors=True)
        venv: list[str | Path] = [
            "venv",
            "--quiet",
            "--no-project",
            "--no-python-downloads",
            "--python",
            interpreter.path,
            prefix,
        ]
        run_uv(venv, self.home, purpose=f"making a Python {interpreter.version} environment")
        if wanted.lines:
            self._install(prefix, wanted)
        write_whole(prefix / _READY, "\n".join(wanted.lines) + "\n")

    def _install(self, prefix: Path, wanted: Wanted) -> None:
        with tempfile.TemporaryDirectory() as name:
            listed = Path(name) / "requirements.txt"
            listed.write_text("".join(f"{line}\n" for line in wanted.lines), "utf-8")
            install: list[str | Path] = [
                "pip",
                "install",
                "--quiet",
                "--python",
                prefix / "bin" / "python",
                "-r",
                listed,
            ]
            try:
                run_uv(install, self.home, purpose="installing the packages of the environment")
            except UnavailableError as error:
                if any(word in error.message for word in _NETWORK):
                    raise
                hint = error.hint or f"it was asked for {_listed(wanted.lines)}"
                raise UserError(error.message, hint=hint) from error


def wanted_of(spec: EnvironmentSpec, extra: tuple[str, ...]) -> Wanted:
    """What the specification comes to. Raises UserError for a conda file that pip cannot satisfy."""
    python, lines = spec.python, list(spec.requirements)
    if spec.conda:
        conda = read_conda(spec.conda)
        python = python or conda.python
        lines += conda.packages
    for line in lines:
        if line.lstrip().startswith(("-r", "-c", "-e", "--requirement", "--constraint", "--editable")):
            raise UserError(
                f"the environment has the line '{line[:100]}', which names a file", hint="name the packages"
            )
    return Wanted(python, tuple(dict.fromkeys([*(line.strip() for line in lines if line.strip()), *extra])))


def _listed(lines: tuple[str, ...]) -> str:
    shown = ", ".join(lines[:6])
    return f"{shown} and {len(lines) - 6} more" if len(lines) > 6 else shown or "no packages"  # noqa: PLR2004


@contextlib.contextmanager
def _only_one(prefix: Path) -> Iterator[None]:
    """One process makes it, others wait; the system lets go of the lock when the holder dies."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with prefix.with_name(f".{prefix.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
