"""Every Python interpreter that the machine has, found without running most of them.

pyenv and uv name their folders after the version, so a look at the folder is enough. Any other is run once, and its
answer kept in `DRIVETRAIN_HOME/cache/interpreters.json` for as long as the file has the same time and size.
"""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from drivetrain.run.environments.probe import Probe, ProbeCache, architecture_name
from drivetrain.run.environments.version_spec import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Source = Literal["system", "pyenv", "uv", "path"]

_PROGRAM = re.compile(r"python(?:[23](?:\.\d+)?)?$")
_VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"
_PYENV_FOLDER = re.compile(rf"({_VERSION})$")
_UV_FOLDER = re.compile(rf"(cpython|pypy|graalpy)-({_VERSION})(\+\w+)?-\w+-(\w+?)-\w+$")
_SYSTEM_FOLDERS = (Path("/usr/bin"), Path("/usr/local/bin"), Path("/bin"))


class Interpreter(Struct, frozen=True):
    """A Python interpreter of the machine. Jobs never write into it."""

    path: Path
    """The program itself."""
    version: str
    """Such as `3.11.7` or `3.13.0rc1`."""
    implementation: str
    """`cpython`, `pypy`, `graalpy`; `cpython-freethreaded` for the build without the global lock."""
    architecture: str
    """As Azure names it: `x64`, `x86`, `arm64`."""
    source: Source


class BrokenInterpreter(Struct, frozen=True):
    """A program that looks like Python and is none that works, for `drivetrain doctor`."""

    path: Path
    reason: str


class Survey(Struct, frozen=True):
    """What was found: highest version first, and the first on PATH first among equals."""

    found: tuple[Interpreter, ...]
    broken: tuple[BrokenInterpreter, ...]


class SearchPath(Struct, frozen=True):
    """Where to look for interpreters."""

    folders: tuple[Path, ...]
    """Folders of programs, in the order of PATH."""
    pyenv_root: Path | None
    uv_folders: tuple[Path, ...]
    home: Path
    """DRIVETRAIN_HOME, for what is remembered; its own shims are never taken for interpreters."""
    extra: tuple[Path, ...] = field(default=())
    """Single programs to consider as well, such as the one Drivetrain runs on."""

    @classmethod
    def of_machine(cls, home: Path, environ: Mapping[str, str] | None = None) -> SearchPath:
        """PATH, pyenv, uv, the usual system folders, and the interpreter that runs this."""
        values = os.environ if environ is None else environ
        user = Path(values.get("HOME") or Path.home())
        data = Path(values.get("XDG_DATA_HOME") or user / ".local/share")
        named = values.get("UV_PYTHON_INSTALL_DIR")
        folders = [Path(part) for part in values.get("PATH", "").split(os.pathsep) if part.startswith("/")]
        return cls(
            folders=tuple(dict.fromkeys([*folders, *_SYSTEM_FOLDERS, *sorted(Path("/opt").glob("python*/bin"))])),
            pyenv_root=Path(values.get("PYENV_ROOT") or user / ".pyenv"),
            uv_folders=tuple(
                dict.fromkeys([*([Path(named)] if named else []), uv_python_folder(home), data / "uv/python"])
            ),
            home=home,
            extra=(Path(getattr(sys, "_base_executable", sys.executable)),),
        )


def uv_python_folder(home: Path) -> Path:
    """Where Drivetrain lets uv install interpreters."""
    return home / "pythons"


def find_interpreters(search: SearchPath) -> list[Interpreter]:
    """Every working interpreter, highest version first; virtual environments are not interpreters."""
    return list(survey(search).found)


def survey(search: SearchPath) -> Survey:
    """What `find_interpreters` finds, and what is broken with the reason."""
    probes = ProbeCache.load(search.home)
    found: dict[str, Interpreter] = {}
    broken: dict[str, BrokenInterpreter] = {}
    for candidate in _candidates(search, probes):
        real = os.path.realpath(candidate.path)
        if isinstance(candidate, Interpreter):
            found.setdefault(real, candidate)
        else:
            broken.setdefault(real, candidate)
    probes.save()
    ordered = sorted(found.values(), key=lambda item: parse_version(item.version).key, reverse=True)
    return Survey(tuple(ordered), tuple(item for real, item in broken.items() if real not in found))


def default_interpreter(search: SearchPath) -> Interpreter | None:
    """What a plain `python3` means: the first on PATH (through pyenv's choice), else the highest release."""
    found = [item for item in find_interpreters(search) if item.implementation == "cpython"]
    usable = [item for item in found if item.version.startswith("3.")]
    for path in _python3_on_path(search):
        for item in usable:
            if os.path.realpath(path) == os.path.realpath(item.path):
                return item
    released = [item for item in usable if not parse_version(item.version).pre]
    return next(iter(released or usable or found), None)


def _python3_on_path(search: SearchPath) -> Iterator[Path]:
    for folder in search.folders:
        if search.pyenv_root is not None and folder == search.pyenv_root / "shims":
            yield from _pyenv_choice(search.pyenv_root)
        elif (folder / "python3").exists():
            yield folder / "python3"


def _pyenv_choice(root: Path) -> Iterator[Path]:
    try:
        names = (root / "version").read_text("utf-8").split()
    except OSError:
        return
    for name in names:
        yield root / "versions" / Path(name).name / "bin" / "python"


def _candidates(search: SearchPath, probes: ProbeCache) -> Iterator[Interpreter | BrokenInterpreter]:
    if search.pyenv_root is not None:
        yield from _of_pyenv(search.pyenv_root / "versions", probes)
    for folder in search.uv_folders:
        yield from _of_uv(folder)
    for path, source in _programs(search):
        yield from _probed(path, source, probes)


def _of_pyenv(versions: Path, probes: ProbeCache) -> Iterator[Interpreter | BrokenInterpreter]:
    for folder in _subfolders(versions):
        if (folder / "pyvenv.cfg").exists():
            continue
        program, named = folder / "bin" / "python", _PYENV_FOLDER.match(folder.name)
        if not _runs(program):
            yield BrokenInterpreter(program, "pyenv has the folder, but no program in it")
        elif named is None:
            yield from _probed(program, "pyenv", probes)
        else:
            yield Interpreter(program, named[1], "cpython", _native(), "pyenv")


def _native() -> str:
    return architecture_name(platform.machine(), 64 if sys.maxsize > 2**32 else 32)


def _of_uv(folder: Path) -> Iterator[Interpreter | BrokenInterpreter]:
    for version_folder in _subfolders(folder):
        named = _UV_FOLDER.match(version_folder.name)
        if named is None:
            continue
        implementation, version, variant, machine = named.groups()
        program = version_folder / "bin" / ("pypy" if implementation == "pypy" else "python3")
        if _runs(program):
            label = implementation + (f"-{variant[1:]}" if variant else "")
            yield Interpreter(program, version, label, architecture_name(machine, 64), "uv")
        else:
            yield BrokenInterpreter(program, "uv has the folder, but no program in it")


def _programs(search: SearchPath) -> Iterator[tuple[Path, Source]]:
    shims = search.pyenv_root / "shims" if search.pyenv_root else None
    for folder in search.folders:
        environment = any((place / "pyvenv.cfg").exists() for place in (folder, folder.parent))
        if folder == shims or folder.is_relative_to(search.home) or environment:
            continue
        source: Source = "system" if folder in _SYSTEM_FOLDERS or folder.is_relative_to("/opt") else "path"
        yield from ((folder / name, source) for name in _python_names(folder))
    yield from ((path, "path") for path in search.extra)


def _python_names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder) if _PROGRAM.match(entry.name))
    except OSError:
        return []


def _probed(path: Path, source: Source, probes: ProbeCache) -> Iterator[Interpreter | BrokenInterpreter]:
    probe: Probe | None = probes.of(path)
    if probe is None or probe.virtual:
        return
    if probe.broken:
        yield BrokenInterpreter(path, probe.broken)
    else:
        yield Interpreter(path, probe.version, probe.implementation, probe.architecture, source)


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _runs(program: Path) -> bool:
    try:
        return stat.S_ISREG(program.stat().st_mode) and os.access(program, os.X_OK)
    except OSError:
        return False
