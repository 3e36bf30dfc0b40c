"""One SQLite file: opened with the right pragmas, migrated, never by two migrations at once."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import CorruptError, UnavailableError
from drivetrain.store.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30.0
SOME_BYTES = 1 << 20


def migrations() -> list[Path]:
    """The migration scripts in order; script N brings `user_version` from N-1 to N."""
    return sorted(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql"))


class Database:
    """A connection factory for one file. A connection belongs to the thread that opened it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not `self.connect`: a circle would leave it to chance which of the two is finalized first.
        self.connections = Connections(partial(_connect, path))
        """One for each thread, shared by all stores of this database."""

    def connect(self) -> sqlite3.Connection:
        """Open and migrate. Raises UnavailableError when the file cannot be opened or written, CorruptError when
        it is no database or a newer Drivetrain has written it.
        """
        return _connect(self.path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, and the file's errors as ours. Raises UnavailableError, CorruptError."""
        with translated(self.path):
            yield self.connections.get()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction on this thread's connection: all of it or nothing. Raises as `reading` does."""
        with self.reading() as connection, transaction(connection):
            yield connection


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with suppress(OSError):  # SQLite says what is wrong; its other files take their rights from this one
                path.touch(0o600, exist_ok=False)
        # Closed by whoever finds its thread gone, therefore `check_same_thread=False`.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        with _closed_on_failure(connection):
            _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        raise _explain(error, path) from error
    except OSError as error:
        raise UnavailableError(
            f"cannot open {path}: {error.strerror}", hint="check the folder's owner and free disk space"
        ) from error
    return connection


@contextmanager
def _closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    """Close the connection when the block raises."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    # WAL lets readers go on while one writes; NORMAL keeps every acknowledged write across a killed process.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    scripts = migrations()
    if _version(connection) != len(scripts):
        _migrate(connection, scripts, path)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, scripts: list[Path], path: Path) -> None:
    with transaction(connection):
        # Read again inside the lock: another process may have migrated meanwhile.
        at = _version(connection)
        if at > len(scripts):
            raise CorruptError(
                f"{path} was written by a newer Drivetrain (schema {at}, this one knows {len(scripts)})",
                hint="use the newer version, or another DRIVETRAIN_HOME",
            )
        for script in scripts[at:]:
            for statement in _statements(script.read_text("utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")


def _statements(script: str) -> Iterator[str]:
    # executescript() would commit the open transaction, so statements are split here.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A write transaction: begun with the write lock, committed at the end, rolled back on an exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite ends the transaction by itself on some errors, such as a full disk; a failed COMMIT leaves it open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors about the file become ours; those about a statement are bugs and pass as they are."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise _explain(error, path) from error


def _room(path: Path) -> bool:
    """Whether there is space: where there is none, SQLite may only say that it cannot make its shared memory."""
    try:
        return shutil.disk_usage(path.parent).free > SOME_BYTES
    except OSError:
        return False


def _explain(error: sqlite3.DatabaseError, path: Path) -> UnavailableError | CorruptError:
    text = str(error)
    if "full" in text or ("disk I/O" in text and not _room(path)):
        return UnavailableError(f"the disk of {path} is full", hint="free some space; nothing was lost")
    if "readonly" in text or "unable to open" in text or "locked" in text:
        return UnavailableError(f"cannot write {path}: {text}", hint="check the folder's owner and free disk space")
    return CorruptError(f"{path} is not a usable database: {text}", hint="drivetrain doctor")
