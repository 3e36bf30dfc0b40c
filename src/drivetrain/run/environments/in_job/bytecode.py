# ruff: noqa: PTH100, PTH103, PTH108, PTH110, PTH112, PTH116, PTH118, PTH120, PTH123, PTH202, T201
# (pathlib would add a tenth to the start-up time of every `pip`; and this is a command, which prints)
"""Compiles what uv installed, once per wheel and Python, into uv's own cache.

uv unpacks a wheel once, into `archive-v0/<id>/` of its cache, and makes an environment by linking every file it finds
there. So bytecode that is put into the `__pycache__` folders of the unpacked wheel reaches every later environment as a
hard link, and stays valid: it names its source's time and size, and linked sources share both.

Safe while other jobs install: a finished file is linked into the archive under its final name, so uv never meets a
half-written or a vanishing one; what was compiled is marked outside the archive, after the last file.
"""

from __future__ import annotations

import errno
import os
import py_compile
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUIET_SECONDS = 1.0
_WORKERS = 2


@dataclass
class Uncompiled:
    """A wheel in uv's cache, unpacked, that this Python has not compiled yet."""

    archive: str
    site: str
    """Where it is installed as well, to get its bytecode at once."""
    mark: str


def uncompiled(site: str, cache: str, tag: str) -> list[Uncompiled]:
    """The wheels installed in `site` whose unpacked form in `cache` lacks bytecode for the Python of that cache tag."""
    unmarked = {}
    for folder, identity in _installed(site):
        mark = os.path.join(cache, "compiled", tag, identity)
        if not os.path.exists(mark):
            unmarked[folder, identity] = mark
    archives = _archives(os.path.join(cache, "archive-v0"), {folder for folder, _ in unmarked}) if unmarked else {}
    return [Uncompiled(archives[key], site, mark) for key, mark in unmarked.items() if key in archives]


def compile_wheels(wheels: list[Uncompiled], cache: str, *, quiet: bool = False) -> None:
    """Compile `wheels` with the Python that runs this, by two processes; says so when it takes over a second.

    A file that cannot be compiled (a template, code for another Python) is passed over, as pip does.
    """
    shares = _shares(wheels)
    workers = [_start_worker(share, cache) for share in shares]
    for worker in workers:
        try:
            worker.wait(_QUIET_SECONDS)
        except subprocess.TimeoutExpired:
            if not quiet:
                print("drivetrain: compiling the new packages once, for this and all later jobs", flush=True)
            break
    for worker in workers:
        worker.wait()


def _installed(site: str) -> Iterator[tuple[str, str]]:
    """Each dist-info folder that uv linked, with what tells its unpacked wheel from all others."""
    try:
        entries = [entry for entry in os.scandir(site) if entry.name.endswith(".dist-info")]
    except OSError:
        return
    for entry in entries:
        identity = _identity(entry.path)
        if identity:
            yield entry.name, identity


def _identity(dist_info: str) -> str:
    """The unpacked wheel's METADATA as a file: uv links it, so it is the same file everywhere."""
    try:
        status = os.stat(os.path.join(dist_info, "METADATA"))
    except OSError:
        return ""
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}" if status.st_nlink > 1 else ""


def _archives(root: str, wanted: set[str]) -> dict[tuple[str, str], str]:
    """Unpacked wheels that hold one of the dist-info folders, by that folder's name and identity."""
    found = {}
    for archive in _scan(root):
        for entry in _scan(archive.path):
            if entry.name in wanted:
                found[entry.name, _identity(entry.path)] = archive.path
    return found


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _shares(wheels: list[Uncompiled]) -> list[list[Uncompiled]]:
    """The wheels dealt out to the workers, largest first, each to whoever has least."""
    shares: list[list[Uncompiled]] = [[] for _ in range(min(_WORKERS, len(wheels)))]
    loads = [0] * len(shares)
    sized = [(sum(os.path.getsize(path) for path in _sources(wheel.archive)), wheel) for wheel in wheels]
    for size, wheel in sorted(sized, key=lambda item: -item[0]):
        least = loads.index(min(loads))
        shares[least].append(wheel)
        loads[least] += size
    return shares


def _start_worker(share: list[Uncompiled], cache: str) -> subprocess.Popen[bytes]:
    words = [word for wheel in share for word in (wheel.archive, wheel.site, wheel.mark)]
    return subprocess.Popen(
        [sys.executable, "-I", "-W", "ignore", os.path.abspath(__file__), cache, *words], stdin=subprocess.DEVNULL
    )


def _sources(archive: str) -> Iterator[str]:
    for folder, names, files in os.walk(archive):
        names[:] = [name for name in names if name != "__pycache__" and not name.endswith((".data", ".dist-info"))]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".py"))


def _compile(wheel: Uncompiled, cache: str) -> None:
    folder = os.path.join(cache, "compiled", "waiting")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(os.path.dirname(wheel.mark), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as waiting:
        for source in _sources(wheel.archive):
            _compile_file(source, wheel, os.path.join(waiting, "it.pyc"))
    with open(wheel.mark, "w", encoding="utf-8"):
        pass


def _compile_file(source: str, wheel: Uncompiled, waiting: str) -> None:
    compiled = os.path.relpath(_cached(source), wheel.archive)
    in_archive, in_site = os.path.join(wheel.archive, compiled), os.path.join(wheel.site, compiled)
    if not os.path.exists(in_archive):
        try:
            py_compile.compile(source, cfile=waiting, dfile=source, doraise=True)
        except (py_compile.PyCompileError, ValueError, RecursionError):
            return
        _link(waiting, in_archive)
        os.unlink(waiting)
    _link(in_archive, in_site)


def _cached(source: str) -> str:
    folder, name = os.path.split(source)
    return os.path.join(folder, "__pycache__", f"{name[:-3]}.{sys.implementation.cache_tag}.pyc")


def _link(existing: str, wanted: str) -> None:
    """Make `wanted` the same file; not where its source is not, where it exists, or on another file system."""
    if not os.path.isdir(os.path.dirname(os.path.dirname(wanted))):
        return
    try:
        os.makedirs(os.path.dirname(wanted), exist_ok=True)
        os.link(existing, wanted)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise


def main(words: list[str]) -> int:
    """Compile the wheels whose archive, installed place and mark are named, after the cache's folder."""
    warnings.simplefilter("ignore")
    cache, rest = words[0], words[1:]
    try:
        for at in range(0, len(rest), 3):
            _compile(Uncompiled(*rest[at : at + 3]), cache)
    except OSError as error:
        print(f"drivetrain: bytecode not kept: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
