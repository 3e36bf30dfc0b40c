"""Makes a private environment on top of an interpreter: uv for Python 3, virtualenv for Python 2.7.

An environment is used only when its `.drivetrain/ready` is there, which is written last and by renaming. Anything else
at that place is the rest of an attempt that was killed, and is made anew. One process makes it, others wait.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.run.environments.shims import shims
from drivetrain.run.environments.uv_program import (
    failure,
    run_uv,
    uv_cache,
    uv_environment,
    uv_path,
    uv_version,
)
from drivetrain.run.environments.version_spec import parse_version
from drivetrain.run.environments.wheels import compile_installed
from drivetrain.run.environments.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.environments.interpreters import Interpreter

_VIRTUALENV = "virtualenv==20.21.1"
"""The last that can make environments for Python 2.7."""
_OLDEST_FOR_UV_PIP = (3, 8)
"""uv's own lower limit; for older ones `pip` stays pip."""
_DEBIAN_WHEELS = Path("/usr/share/python-wheels")
_READY = ".drivetrain/ready"


def create_environment(prefix: Path, interpreter: Interpreter, home: Path) -> None:
    """Make the environment at `prefix`, unless it is there and ready.

    Raises:
        UnavailableError: it cannot be made; the message says why and what to do.
    """
    if is_ready(prefix, interpreter):
        return
    try:
        with _only_one(prefix):
            if not is_ready(prefix, interpreter):
                _create(prefix, interpreter, home)
    except OSError as error:
        raise failure(f"making the Python {interpreter.version} environment {prefix}", str(error), 1) from error


def is_ready(prefix: Path, interpreter: Interpreter) -> bool:
    """Whether a finished environment of that interpreter is at `prefix`."""
    try:
        return (prefix / _READY).read_text("utf-8") == _identity(interpreter)
    except (OSError, UnicodeDecodeError):
        return False


def site_packages(prefix: Path, interpreter: Interpreter) -> Path:
    """The environment's folder of packages."""
    major, minor, _ = parse_version(interpreter.version).release
    program = "pypy" if interpreter.implementation == "pypy" else "python"
    free_threaded = "t" if interpreter.implementation.endswith("-freethreaded") else ""
    return prefix / "lib" / f"{program}{major}.{minor}{free_threaded}" / "site-packages"


def _identity(interpreter: Interpreter) -> str:
    return f"{interpreter.implementation} {interpreter.version} {interpreter.path}\n"


@contextlib.contextmanager
def _only_one(prefix: Path) -> Iterator[None]:
    """Hold the lock of `prefix`; the system lets go of it when the holder dies."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with prefix.with_name(f".{prefix.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(prefix: Path, interpreter: Interpreter, home: Path) -> None:
    if prefix.exists():
        shutil.rmtree(prefix)
    version = parse_version(interpreter.version).release
    if version < (3, 0, 0):
        _by_virtualenv(prefix, interpreter, home)
    else:
        _by_uv(prefix, interpreter, home)
        _seed(prefix, interpreter, home)
    write_overlay(prefix, interpreter, home, with_pip=version[:2] >= _OLDEST_FOR_UV_PIP)
    write_whole(prefix / _READY, _identity(interpreter))


def _by_uv(prefix: Path, interpreter: Interpreter, home: Path) -> None:
    purpose = f"making a Python {interpreter.version} environment from {interpreter.path}"
    try:
        run_uv(
            ["venv", "--quiet", "--no-project", "--no-python-downloads", "--python", interpreter.path, prefix],
            home,
            purpose=purpose,
            hint="see whether that interpreter starts, or choose another version",
        )
    except UnavailableError:
        if parse_version(interpreter.version).release[:2] >= _OLDEST_FOR_UV_PIP:
            raise
        shutil.rmtree(prefix, ignore_errors=True)
        _run([interpreter.path, "-m", "venv", "--without-pip", prefix], home, purpose)


def _seed(prefix: Path, interpreter: Interpreter, home: Path) -> None:
    """Install pip (before 3.12 setuptools too) as `python -m venv` does: from the interpreter's own wheels."""
    bundled = _bundled_wheels(interpreter)
    source: list[str | Path] = ["--no-index", "--find-links", bundled] if bundled else []
    names = ["pip", *(["setuptools"] if parse_version(interpreter.version).release < (3, 12, 0) else [])]
    run_uv(
        ["pip", "install", "--quiet", "--no-deps", "--python", prefix / "bin" / "python", *source, *names],
        home,
        purpose=f"putting pip into the environment {prefix}",
        hint=f"{interpreter.path} brings no pip of its own, so an index must be reachable once",
    )
    if parse_version(interpreter.version).release[:2] >= _OLDEST_FOR_UV_PIP:
        site = site_packages(prefix, interpreter)
        compile_installed(prefix / "bin" / "python", site, home, shims(home).lib)


def _bundled_wheels(interpreter: Interpreter) -> Path | None:
    major, minor, _ = parse_version(interpreter.version).release
    root = Path(os.path.realpath(interpreter.path)).parent.parent
    for folder in (root / f"lib/python{major}.{minor}/ensurepip/_bundled", _DEBIAN_WHEELS):
        if any(folder.glob("pip-*.whl")) and (minor >= 12 or any(folder.glob("setuptools-*.whl"))):  # noqa: PLR2004
            return folder
    return None


def _by_virtualenv(prefix: Path, interpreter: Interpreter, home: Path) -> None:
    tool = _virtualenv_tool(home)
    code = f"import sys; sys.path.insert(0, {str(tool)!r}); from virtualenv.__main__ import run; run()"
    _run(
        [sys.executable, "-I", "-c", code, "--quiet", "--no-download", "--no-periodic-update",
         "--app-data", home / "cache" / "virtualenv", "--python", interpreter.path, prefix],
        home,
        f"making a Python {interpreter.version} environment from {interpreter.path}",
    )  # fmt: skip


def _virtualenv_tool(home: Path) -> Path:
    """A folder with virtualenv, fetched once."""
    tool = home / "cache" / "tools" / _VIRTUALENV.replace("==", "-")
    if not tool.is_dir():
        tool.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tool.parent, ignore_cleanup_errors=True) as folder:
            waiting = Path(folder) / "it"
            run_uv(
                ["pip", "install", "--quiet", "--python", sys.executable, "--target", waiting, _VIRTUALENV],
                home,
                purpose=f"fetching {_VIRTUALENV}, which Python 2.7 needs,",
                hint="connect to the network once, or use Python 3",
            )
            with contextlib.suppress(FileExistsError, IsADirectoryError):
                _rename_unless_there(waiting, tool)
    return tool


def _rename_unless_there(waiting: Path, tool: Path) -> None:
    try:
        waiting.rename(tool)
    except OSError:
        if not tool.is_dir():
            raise


def _run(words: list[str | Path], home: Path, purpose: str) -> None:
    done = subprocess.run(
        words, env=uv_environment(home), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise failure(purpose, done.stderr or done.stdout, done.returncode)


_UV = """\
#!/bin/sh
# Made by Drivetrain: `uv pip` works on this job's environment where it would write into the machine's Python.
for word do
  case $word in -*) ;; *) break ;; esac
done
if [ "$word" = pip ]; then
  ours=
  case $UV_SYSTEM_PYTHON in 1|[tT]*|[yY]*|on) ours=1 ;; esac
  unset UV_SYSTEM_PYTHON
  for word do
    shift
    if [ "$word" = --system ]; then ours=1; else set -- "$@" "$word"; fi
  done
  if [ -z "$ours$VIRTUAL_ENV$CONDA_PREFIX" ]; then
    above=$PWD
    while [ -n "$above" ] && [ ! -e "$above/.venv/pyvenv.cfg" ]; do above=${{above%/*}}; done
    case $above/ in "${{PIPELINE_WORKSPACE:-/}}"*) [ -n "$above" ] || ours=1 ;; *) ours=1 ;; esac
  fi
  [ -z "$ours" ] || export UV_PYTHON={prefix}/bin/python
fi
[ -x {prefix}/.drivetrain/displaced/{name} ] && exec {prefix}/.drivetrain/displaced/{name} "$@"
exec {program} "$@"
"""
_PIP = """\
#!/bin/sh
# Made by Drivetrain: `pip install` by uv where it means the same (docs/python-environments.md).
exec {prefix}/bin/python {site}/pip/__main__.py "$@"
"""
_PYTHON = """\
#!/bin/sh
# Made by Drivetrain: on Azure, $(pythonLocation)/python is the interpreter. A link would not find its packages.
exec {prefix}/bin/python "$@"
"""
_AZ = """\
#!/bin/sh
# Made by Drivetrain: the Azure CLI that was installed here, with what its extensions bring (docs/azure/az-ml.md).
DRIVETRAIN_AZ_REAL={prefix}/.drivetrain/displaced/az exec {shim} "$@"
"""
_PIP_MAIN = """\
# Made by Drivetrain: `pip install` by uv where it means the same (docs/python-environments.md).
import os
import sys

if sys.path[0] in ("", os.getcwd(), os.path.dirname(os.path.abspath(__file__))):
    sys.path.pop(0)
if __name__ == "__main__":
    sys.path.insert(0, {lib!r})
    from drivetrain_pip.main import Installation, main

    sys.path.pop(0)
    sys.exit(main(sys.argv[1:], Installation({prefix!r}, {site!r}, {uv!r}, {uv_version!r}, {cache!r})))
"""


def write_overlay(prefix: Path, interpreter: Interpreter, home: Path, *, with_pip: bool) -> None:
    """Put our `uv`, and our `pip` in front of the real one; kept aside as well, for after an upgrade of pip, or for
    when the job installs the Azure CLI.
    """
    for name, text in _overlay(prefix, interpreter, home, with_pip=with_pip).items():
        mode = 0o755 if name.startswith(("bin/", "python")) else 0o644
        write_whole(prefix / ".drivetrain" / "overlay" / name, text, mode=mode)
        write_whole(prefix / name, text, mode=mode)
    az = _AZ.format(prefix=shlex.quote(str(prefix)), shim=shlex.quote(str(shims(home).az / "az")))
    write_whole(prefix / ".drivetrain" / "overlay" / "bin" / "az", az, mode=0o755)


def _overlay(prefix: Path, interpreter: Interpreter, home: Path, *, with_pip: bool) -> dict[str, str]:
    uv, site = uv_path(), site_packages(prefix, interpreter)
    quoted = shlex.quote(str(prefix))
    files = {
        f"bin/{name}": _UV.format(prefix=quoted, name=name, program=shlex.quote(str(uv.with_name(name))))
        for name in ("uv", "uvx")
    }
    files["python"] = _PYTHON.format(prefix=quoted)
    if with_pip:
        major, minor, _ = parse_version(interpreter.version).release
        text = _PIP.format(prefix=quoted, site=shlex.quote(str(site)))
        files |= {f"bin/{name}": text for name in ("pip", f"pip{major}", f"pip{major}.{minor}")}
        files[f"lib/{site.parent.name}/site-packages/pip/__main__.py"] = _PIP_MAIN.format(
            lib=str(shims(home).lib), prefix=str(prefix), site=str(site), uv=str(uv),
            uv_version=uv_version(), cache=str(uv_cache(home)),
        )  # fmt: skip
    return files
