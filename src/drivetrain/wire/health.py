"""What `drivetrain doctor` looks at: each check says ok, warn or fail, and how to mend it; some can be mended here."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import DefinitionError, DrivetrainError, UnavailableError
from drivetrain.run.containers.engine import find_engine
from drivetrain.run.environments.interpreters import SearchPath, survey
from drivetrain.settings import Settings, load
from drivetrain.source.git import is_local
from drivetrain.source.hooks import inspect, install
from drivetrain.source.merge_commit import WRITES_TREES
from drivetrain.source.places import Places
from drivetrain.store.database import Database, migrations
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.vault import FileVault
from drivetrain.view.owner_token import is_private, read
from drivetrain.wire.seldom import load as load_place
from drivetrain.wire.server_process import find, is_held, read_info
from drivetrain.wire.storage import Storage
from drivetrain.wire.trust import is_current, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drivetrain.home import Home
    from drivetrain.source.model import Project

OLDEST_GIT = (2, 20)
OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 1 << 30
TOO_LITTLE_SPACE = 100 << 20
LOOK_SECONDS = 15.0
"""How long a repository of another machine may take to answer."""
MAX_SKEW_SECONDS = 2.0
MIN_YEAR_SECONDS = 1_735_689_600  # 2025-01-01: a clock before it was never set


class Verdict(StrEnum):
    """What a check says; only `fail` makes the command fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One line of the doctor's."""

    name: str
    verdict: Verdict
    words: str
    mend: str = ""
    """What to do, when something is to be done."""


class _Mendable(Struct, frozen=True):
    finding: Finding
    fix: Callable[[], None] | None = None


def examine(home: Home, *, fix: bool = False) -> Sequence[Finding]:
    """Make every check. With `fix`, what is safe to mend is mended, and checked again."""
    found = list(_all(home))
    if not fix:
        return [check.finding for check in found]
    for check in found:
        if check.fix:
            with suppress(OSError, DrivetrainError):
                check.fix()
    return [check.finding for check in _all(home)]


def _all(home: Home) -> Iterator[_Mendable]:
    for check in (_python, _git, _uv, _lfs, _pwsh, _containers, _clock):
        yield _Mendable(check())
    yield _home(home)
    yield _Mendable(_space(home))
    yield _Mendable(_settings(home))
    yield from _secrets(home)
    yield _Mendable(_database(home))
    yield from _server(home)
    yield _certificate(home)
    yield from _projects(home)
    yield from (_Mendable(found) for found in load_place("wire.serving.health:endpoints")(home))
    yield _Mendable(_interpreters(home))


def _ok(name: str, words: str) -> Finding:
    return Finding(name, Verdict.OK, words)


def _warn(name: str, words: str, mend: str) -> Finding:
    return Finding(name, Verdict.WARN, words, mend)


def _fail(name: str, words: str, mend: str) -> Finding:
    return Finding(name, Verdict.FAIL, words, mend)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return _fail("python", f"{version} is too old", "use Python 3.11 or newer")
    return _ok("python", f"{version} at {sys.executable}")


def _git() -> Finding:
    said = _say(["git", "--version"])
    numbers = re.search(r"(\d+)\.(\d+)", said)
    if not numbers:
        return _fail("git", "there is no git command", "install git 2.20 or newer")
    version = (int(numbers[1]), int(numbers[2]))
    if version < OLDEST_GIT:
        return _fail("git", f"{said} is too old", "install git 2.20 or newer")
    slow = "" if version >= WRITES_TREES else "; merges of pull requests are quicker from git 2.38 on"
    return _ok("git", said.removeprefix("git version ") + slow)


def _uv() -> Finding:
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    said = _say([program, "--version"]) if program else ""
    if not said:
        return _fail("uv", "uv is not there: jobs get no Python environments", "pip install uv, beside drivetrain")
    return _ok("uv", said.removeprefix("uv "))


def _lfs() -> Finding:
    said = _say(["git", "lfs", "version"])
    return _ok("git-lfs", said or "not installed; only `checkout` with `lfs: true` needs it")


def _pwsh() -> Finding:
    found = shutil.which("pwsh")
    return _ok("pwsh", found or "not installed; only `pwsh` steps need it")


def _containers() -> Finding:
    try:
        engine = find_engine()
    except UnavailableError as error:
        return _ok("containers", f"{error.message.rstrip('.')}; only jobs in containers and Docker@2 need one")
    return _ok("containers", f"{engine.kind} {engine.version} at {engine.program}")


def _say(words: Sequence[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _clock() -> Finding:
    if time.time() < MIN_YEAR_SECONDS:
        return _fail("clock", "it has never been set", "set the time; runs are named after the date")
    with tempfile.NamedTemporaryFile() as file:
        skew = abs(time.time() - Path(file.name).stat().st_mtime)
    if skew > MAX_SKEW_SECONDS:
        return _warn("clock", f"files are dated {skew:.0f} s off", "set the time of this machine or of its file server")
    return _ok("clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _home(home: Home) -> _Mendable:
    root = home.root
    if not root.exists():
        parent = next(part for part in root.parents if part.exists())
        if not os.access(parent, os.W_OK):
            return _Mendable(_fail("home", f"{root} cannot be made", f"chown {parent}, or set DRIVETRAIN_HOME"))
        return _Mendable(_ok("home", f"{root}, made when first needed"))
    try:
        with tempfile.NamedTemporaryFile(dir=root):
            pass
    except OSError as error:
        mend = f"check the owner of {root}, or set DRIVETRAIN_HOME"
        return _Mendable(_fail("home", f"{root} cannot be written: {error.strerror}", mend))
    if root.stat().st_mode & 0o022:
        return _Mendable(_warn("home", f"others may write {root}", f"chmod go-w {root}"), partial(_protect, root))
    return _Mendable(_ok("home", str(root)))


def _protect(path: Path) -> None:
    path.chmod(path.stat().st_mode & ~0o077)


def _space(home: Home) -> Finding:
    place = next(part for part in (home.root, *home.root.parents) if part.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 2**30:.1f} GiB free at {place}"
    if free < TOO_LITTLE_SPACE:
        return _fail("disk", words, f"free some space; {home.cache} may be deleted")
    if free < LITTLE_SPACE:
        return _warn("disk", words, f"free some space; {home.cache} may be deleted")
    return _ok("disk", words)


def _settings(home: Home) -> Finding:
    try:
        load(home)
    except DefinitionError as error:
        first = error.problems[0]
        return _fail("settings", f"{first.position}: {first.message}", first.hint or "see docs/settings.md")
    except DrivetrainError as error:
        return _fail("settings", error.message, error.hint)
    return _ok("settings", str(home.config) if home.config.exists() else "defaults")


def _secrets(home: Home) -> Iterator[_Mendable]:
    for name, path in (("token", home.token), ("secret key", home.secret_key)):
        if not path.exists():
            yield _Mendable(_ok(name, "made when first needed"))
        elif not is_private(path):
            finding = _fail(name, f"others may read {path}", f"chmod 600 {path}")
            yield _Mendable(finding, partial(_protect, path))
        else:
            yield _Mendable(_ok(name, str(path)))
    try:
        read(home.token)
    except (DrivetrainError, OSError) as error:
        yield _Mendable(_fail("token", str(error), f"remove {home.token}, then drivetrain down and drivetrain up"))


def _database(home: Home) -> Finding:
    if not home.database.exists():
        return _ok("database", "made when first needed")
    try:
        with closing(sqlite3.connect(f"{home.database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return _fail("database", f"{home.database}: {error}", "put back a copy of it, or move it away to begin anew")
    if version > len(migrations()):
        words = f"{home.database} was written by a newer Drivetrain (schema {version})"
        return _fail("database", words, "use the newer version, or another DRIVETRAIN_HOME")
    if sound != "ok":
        return _fail("database", f"{home.database}: {sound}", "put back a copy of it: sqlite3 FILE .recover may help")
    return _ok("database", f"schema {version}, sound")


def _server(home: Home) -> Iterator[_Mendable]:
    server = find(home)
    if server is not None:
        yield _Mendable(_answers(server.url, server.host, server.port))
        yield _Mendable(_azure_answers(server.azure_port))
        return
    stale = read_info(home)
    if is_held(home):
        yield _Mendable(_warn("server", "it is just starting", "drivetrain status, in a moment"))
    elif stale is not None:
        yield _Mendable(_ok("server", f"down; the last one was at {stale.url}"))
    else:
        yield _Mendable(_ok("server", "down; drivetrain up starts it"))
    yield _Mendable(_port(home))


def _answers(url: str, host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=5):
            return _ok("server", f"up at {url}")
    except OSError as error:
        return _fail("server", f"up, but {url} cannot be reached: {error}", "drivetrain down, then drivetrain up")


def _azure_answers(port: int) -> Finding:
    address = f"127.0.0.1:{port}"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return _ok("azure", f"official clients are served at {address}")
    except OSError as error:
        mend = "drivetrain down, then drivetrain up"
        return _fail("azure", f"official clients cannot reach {address}: {error}", mend)


def _certificate(home: Home) -> _Mendable:
    """Of the Azure edge: it is there and good for a while, and clients trust what the machine trusts today."""
    found = recorded(home.azure)
    if found is None:
        return _Mendable(_ok("certificate", "made when first needed"))
    until = datetime.fromtimestamp(found.until, UTC).date()
    for name in ("server.key", "tokens.key"):
        path = home.azure / name
        if path.exists() and not is_private(path):
            finding = _fail("certificate", f"others may read {path}", f"chmod 600 {path}")
            return _Mendable(finding, partial(_protect, path))
    if is_current(home.azure):
        return _Mendable(_ok("certificate", f"good until {until}"))
    words = (
        f"good until {until}, or what the machine trusts has changed" if found.until > time.time() else "it has ended"
    )
    mend = "drivetrain doctor --fix renews it; then drivetrain down and drivetrain up"
    return _Mendable(_warn("certificate", words, mend), partial(_renew, home))


def _renew(home: Home) -> None:
    load_place("wire.certificates:Certificates")(home.azure).make()


def _port(home: Home) -> Finding:
    try:
        settings = load(home)
    except DrivetrainError:
        settings = Settings()
    if not settings.port:
        return _ok("port", "any free one")
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            mend = "drivetrain up --port 0, or set `port` in config.toml"
            return _warn("port", f"{settings.host}:{settings.port}: {error.strerror}", mend)
    return _ok("port", f"{settings.port} is free")


def _projects(home: Home) -> Iterator[_Mendable]:
    if not home.database.exists():
        return
    try:
        projects = SqliteProjects(Database(home.database)).all()
    except DrivetrainError as error:
        yield _Mendable(_fail("projects", error.message, error.hint))
        return
    for project in projects:
        yield _project(home, project)


def _project(home: Home, project: Project) -> _Mendable:
    name = f"project {project.name}"
    if not is_local(project.url):
        return _Mendable(_remote(home, name, project))
    folder = Path(project.url)
    try:
        wrong = [state for state in inspect(folder, home.inbox, project.id) if not state.ours]
    except DrivetrainError:
        mend = f"put it back, or: drivetrain project remove {project.name!r}"
        return _Mendable(_fail(name, f"{folder} is no git repository any more", mend))
    if not wrong:
        return _Mendable(_ok(name, "its hooks tell of every push"))
    words = "; ".join(f"{state.path.name}: {state.why}" for state in wrong)
    if project.poll_seconds:
        return _Mendable(_ok(name, f"looked at every {project.poll_seconds:g} s; hooks: {words}"))
    return _Mendable(
        _fail(name, f"nothing tells of a push: {words}", "drivetrain doctor --fix installs its hooks"),
        partial(_install, folder, home, project),
    )


def _remote(home: Home, name: str, project: Project) -> Finding:
    """Looked at here and now, as the server does it."""
    source: Places = Places(home.mirrors, Storage(home).accesses.of_url, seconds=LOOK_SECONDS)
    try:
        url = SqliteProjects(Database(home.database), vault=FileVault(home.secret_key)).named(project.name).url
        source.default_branch(url)
    except DrivetrainError as error:
        return _fail(name, error.message, error.hint)
    polled = f"looked at every {project.poll_seconds:g} s" if project.poll_seconds else "never looked at"
    return _ok(name, f"it answers; {polled}")


def _install(folder: Path, home: Home, project: Project) -> None:
    install(folder, home.inbox, project.id)


def _interpreters(home: Home) -> Finding:
    try:
        found = survey(SearchPath.of_machine(home.root))
    except (OSError, DrivetrainError) as error:
        return _warn("interpreters", f"they cannot be looked for: {error}", "mend the home folder first")
    versions = ", ".join(dict.fromkeys(interpreter.version for interpreter in found.found))
    if not found.broken:
        return _ok("interpreters", versions)
    words = "; ".join(f"{broken.path}: {broken.reason}" for broken in found.broken)
    return _warn(
        "interpreters", f"{versions}; broken: {words}", "remove or reinstall what is broken; jobs do not use it"
    )
