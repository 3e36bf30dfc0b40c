"""A new key for everything that is sealed: written down first, the old one forgotten last; a kill at any point loses
nothing.

1. The new key is put in front of the others in the key file. From now on everything is sealed by it, and what the
   others have sealed still opens.
2. Everything in the database is sealed anew, in one transaction.
3. Secure files, and the journals of completed runs, are sealed anew, each replaced as a whole.
4. The old keys are taken out of the key file, unless a run is under way: its runners and its engine may still hold
   what the old key has sealed. The next change of the key, or `finish`, takes them out.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.store.database import transaction, translated
from drivetrain.store.sealed_files import NEW
from drivetrain.store.vault import PREFIX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.home import Home
    from drivetrain.store.database import Database
    from drivetrain.store.vault import FileVault

SEALED = re.compile(re.escape(PREFIX) + r"gAAAA[A-Za-z0-9_-]+={0,2}")
"""A sealed secret wherever it stands. A token is as long as any other of the same secret, so nothing moves."""
_JOURNALS = "runs/*/*/journal.jsonl"


class Rotation(Struct, frozen=True):
    """What came of it."""

    sealed_anew: int
    """How many secrets."""
    old_keys: int
    """How many are still kept."""
    waits_for: tuple[int, ...] = ()
    """The runs under way that they are kept for."""


class Rotator:
    """Changes the key of one home."""

    def __init__(self, home: Home, database: Database, vault: FileVault) -> None:
        self._home = home
        self._database = database
        self._vault = vault
        self._count = 0

    def rotate(self) -> Rotation:
        """Make a new key and seal everything by it. Raises ConflictError while somebody else does, UnavailableError."""
        with self._alone():
            self._vault.add_key()
            return self._seal_all()

    def finish(self) -> Rotation:
        """Go on with a change of the key that was broken off, or had to wait for runs; no new key is made."""
        with self._alone():
            self._vault.tidy()
            return self._seal_all()

    def _seal_all(self) -> Rotation:
        self._count = 0
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                self._database_anew(connection)
            self._journals_anew(connection)
            with transaction(connection):
                # Under the write lock, which everybody holds who seals: whoever is next finds the new key.
                waits_for = _unfinished(connection)
                self._database_anew(connection)
                self._secure_files_anew()
                if not waits_for and len(self._vault.keys()) > 1:
                    self._vault.forget_old_keys()
        return Rotation(self._count, max(0, len(self._vault.keys()) - 1), waits_for)

    def _database_anew(self, connection: sqlite3.Connection) -> None:
        for table, column in _text_columns(connection):
            rows = connection.execute(
                f"SELECT rowid, {column} FROM {table} WHERE instr({column}, '{PREFIX}gAAAA')"  # noqa: S608 - own names
            ).fetchall()
            for rowid, text in rows:
                anew = self._anew(text)
                if anew != text:
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (anew, rowid))  # noqa: S608

    def _secure_files_anew(self) -> None:
        for path in self._home.secure_files.glob("*"):
            if path.suffix == NEW:
                path.unlink(missing_ok=True)  # left over: nobody writes one now
            else:
                self._file_anew(path)

    def _journals_anew(self, connection: sqlite3.Connection) -> None:
        unfinished = {str(run_id) for run_id in _unfinished(connection)}
        for path in self._home.root.glob(_JOURNALS):
            if path.parts[-3] not in unfinished:
                self._file_anew(path)

    def _file_anew(self, path: Path) -> None:
        try:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            anew = self._anew(text)
            if anew == text:
                return
            new = path.with_name(f"{path.name}{NEW}")
            with open(new, "wb", opener=_owner_only) as file:
                file.write(anew.encode("utf-8", "surrogateescape"))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except FileNotFoundError:
            return  # removed meanwhile
        except OSError as error:
            hint = "free some space; then `drivetrain secret rotate-key --finish`"
            raise UnavailableError(f"cannot seal {path} anew: {error.strerror}", hint=hint) from error

    def _anew(self, text: str) -> str:
        return SEALED.sub(self._token_anew, text)

    def _token_anew(self, found: re.Match[str]) -> str:
        anew = self._vault.sealed_anew(found[0])
        self._count += anew is not None
        return anew or found[0]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The lock goes with the process that holds it."""
        path = self._home.secret_key.with_name(f"{self._home.secret_key.name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ConflictError("the key is being changed just now", hint="wait for that to end") from None
        finally:
            os.close(descriptor)


def _text_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Everything in the database that may hold a sealed secret: by itself, or within JSON. Tables without row ids hold
    counts and links, no texts of users.
    """
    rows = connection.execute(
        "SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns "
        "WHERE tables.type = 'table' AND columns.type = 'TEXT' AND tables.sql NOT LIKE '%WITHOUT ROWID%' "
        "ORDER BY tables.name, columns.cid"
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def _unfinished(connection: sqlite3.Connection) -> tuple[int, ...]:
    rows = connection.execute("SELECT id FROM runs WHERE state <> 'completed' ORDER BY id").fetchall()
    return tuple(row["id"] for row in rows)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
