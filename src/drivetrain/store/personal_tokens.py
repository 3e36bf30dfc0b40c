"""Personal access tokens in SQLite. Only their SHA-256 is kept: who reads the database finds none."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.ids import RandomIds
from drivetrain.view.tokens.model import LONGEST_NAME, MOST_DAYS, PREFIX, NewToken, PersonalToken, TokenScope

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.ids import Ids
    from drivetrain.store.database import Database

_SELECT = (
    "SELECT token.*, COALESCE(projects.name, '') AS project FROM personal_tokens AS token "
    "LEFT JOIN projects ON projects.id = token.project_id"
)
_INSERT = (
    "INSERT INTO personal_tokens (name, hash, scope, project_id, created_at, created_by, expires_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
)


class SqlitePersonalTokens:
    """The PersonalTokens port on SQLite."""

    def __init__(self, database: Database, ids: Ids | None = None, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._ids = ids or RandomIds()
        self._clock = clock or SystemClock()

    def create(self, name: str, scope: TokenScope, *, days: int, by: str, project: str = "") -> NewToken:
        """Make a token, good for so many days. Raises UserError, ConflictError, NotFoundError."""
        _check(name, days)
        text = f"{PREFIX}{self._ids.token()}"
        now = self._clock.now()
        created, expires = timestamp(now), timestamp(now + timedelta(days=days))
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM personal_tokens WHERE name = ?", (name,)).fetchone():
                hint = f"choose another name, or `drivetrain token revoke {name}` first"
                raise ConflictError(f"there is a token '{name}' already", hint=hint)
            whose = _project_id(connection, project) if project else None
            row = (name, _hash(text), str(scope), whose, created, by, expires)
            number = int(connection.execute(_INSERT, row).fetchone()["id"])
        return NewToken(text, PersonalToken(number, name, scope, project, created, by, expires))

    def all(self) -> Sequence[PersonalToken]:
        """Those that are not revoked, by name; the expired ones too."""
        with self._database.reading() as connection:
            return [self._token(row) for row in connection.execute(f"{_SELECT} ORDER BY token.name")]

    def revoke(self, name: str) -> None:
        """It opens nothing any more. Raises NotFoundError."""
        with self._database.writing() as connection:
            if not connection.execute("DELETE FROM personal_tokens WHERE name = ?", (name,)).rowcount:
                raise NotFoundError(f"there is no token '{name}'", hint="`drivetrain token list` names them")

    def find(self, text: str) -> PersonalToken | None:
        """Whose token it is. The database compares hashes, so how long that takes says nothing about any token."""
        if not text.startswith(PREFIX):
            return None
        digest = _hash(text)
        query = f"{_SELECT} WHERE token.hash = ? AND projects.removed_at IS NULL"
        with self._database.reading() as connection:
            row = connection.execute(query, (digest,)).fetchone()
        if row is None or not hmac.compare_digest(row["hash"], digest):
            return None
        found = self._token(row)
        return None if found.expired else found

    def _token(self, row: sqlite3.Row) -> PersonalToken:
        scope, expired = TokenScope(row["scope"]), row["expires_at"] <= timestamp(self._clock.now())
        about = (row["project"], row["created_at"], row["created_by"], row["expires_at"])
        return PersonalToken(row["id"], row["name"], scope, *about, expired)


def _check(name: str, days: int) -> None:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        hint = f"1 to {LONGEST_NAME} printable characters, with no blank at an end"
        raise UserError(f"a token cannot be called {name[:LONGEST_NAME]!r}", hint=hint)
    if not 0 < days <= MOST_DAYS:
        raise UserError(f"a token cannot be good for {days} days", hint=f"1 to {MOST_DAYS}")


def _project_id(connection: sqlite3.Connection, name: str) -> int:
    query = "SELECT id FROM projects WHERE name = ? AND removed_at IS NULL"
    row = connection.execute(query, (name,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no project '{name}'", hint="`drivetrain project list` names them")
    return int(row["id"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
