"""The library in SQLite: variable groups, service connections, secure files and key vaults, their secrets sealed.

A secret is opened here only for a job; what people read (`Item`) is made without opening any.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.ids import RandomIds
from drivetrain.run.library.model import (
    Connection,
    GroupVariable,
    Item,
    ItemKind,
    ItemValue,
    KeyVault,
    Permit,
    SecureFile,
    VariableGroup,
)
from drivetrain.run.library.ports import WORDS, not_there

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.ids import Ids
    from drivetrain.plan.model import ResourceUse
    from drivetrain.run.library.model import Edit
    from drivetrain.run.ports import Vault
    from drivetrain.store.database import Database
    from drivetrain.store.sealed_files import SealedFiles

_ITEMS = (
    "SELECT library.*, COALESCE(projects.name, '') AS project FROM library "
    "LEFT JOIN projects ON projects.id = library.project_id "
)
_DATA = "data."
_ALL = "*"


class SqliteLibrary:
    """The Library port, and what changes it. Any thread may call it; every change is one transaction."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        files: SealedFiles,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        self._database = database
        self._files = files
        self._vault = vault
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()

    # What people read.

    def items(self, kind: ItemKind | None = None, project: str | None = None) -> Sequence[Item]:
        """What there is, by project and name: of one kind, or of one project (empty: the home's own)."""
        query = f"{_ITEMS} WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR COALESCE(projects.name, '') = ?2) "
        with self._database.reading() as connection:
            rows = connection.execute(f"{query} ORDER BY project, kind, library.key", (kind, project)).fetchall()
            return [_item(connection, row) for row in rows]

    def item(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """The item of that name, or id, in exactly that project. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _item(connection, self._exactly(connection, kind, name, project))

    # What the engine asks (the Library port).

    def group(self, project: str, name: str) -> VariableGroup:
        """A variable group, opened. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = self._find(connection, ItemKind.VARIABLE_GROUP, name, project)
            vault = json.loads(row["data"]).get("vault", "")
            variables = self._of_vault(connection, row, vault) if vault else self._variables(connection, row)
        return VariableGroup(row["name"], variables, row["description"], vault)

    def _variables(self, connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, GroupVariable]:
        return {
            each["name"]: GroupVariable(self._opened(each), bool(each["secret"])) for each in _values(connection, row)
        }

    def _of_vault(self, connection: sqlite3.Connection, row: sqlite3.Row, vault: str) -> dict[str, GroupVariable]:
        """The secrets that the group passes on: their newest values."""
        found = self._find(connection, ItemKind.KEY_VAULT, vault, row["project"])
        secrets = {each["key"]: each for each in _values(connection, found)}
        wanted = [name for name in json.loads(row["data"]).get("secrets", _ALL).split(",") if name]
        if wanted == [_ALL]:
            wanted = [each["name"] for each in secrets.values()]
        for name in wanted:
            if name.lower() not in secrets:
                hint = f"`drivetrain secret set {vault} {name}` keeps one; or take it out of the group"
                raise NotFoundError(f"group '{row['name']}': there is no secret '{name}' in vault '{vault}'", hint=hint)
        return {name: GroupVariable(self._opened(secrets[name.lower()]), secret=True) for name in wanted}

    def connection(self, project: str, name: str) -> Connection:
        """A service connection, opened. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = self._find(connection, ItemKind.SERVICE_CONNECTION, name, project)
            values = _values(connection, row)
        data: dict[str, str] = json.loads(row["data"])
        return Connection(
            id=row["id"],
            name=row["name"],
            type=data["type"],
            url=data["url"],
            scheme=data["scheme"],
            parameters={each["name"]: self._opened(each) for each in values},
            data={key.removeprefix(_DATA): value for key, value in data.items() if key.startswith(_DATA)},
            secret=frozenset(each["name"] for each in values if each["secret"]),
            project=row["project"],
        )

    def secure_file(self, project: str, name: str) -> SecureFile:
        """A secure file. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = self._find(connection, ItemKind.SECURE_FILE, name, project)
        return SecureFile(row["id"], row["name"], json.loads(row["data"])["ticket"])

    def vault(self, project: str, name: str) -> KeyVault:
        """A key vault, opened. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = self._find(connection, ItemKind.KEY_VAULT, name, project)
            secrets = {each["name"]: self._opened(each) for each in _values(connection, row)}
        return KeyVault(row["name"], secrets, row["project"])

    def missing(self, project: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that are not in the library."""
        with self._database.reading() as connection:
            return [use for use in _kept_here(uses) if self._row(connection, use.kind, use.name, project) is None]

    def unpermitted(self, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that the pipeline has no permission to use."""
        with self._database.reading() as connection:
            return [use for use in _kept_here(uses) if self._closed(connection, project, pipeline, use)]

    def _closed(self, connection: sqlite3.Connection, project: str, pipeline: str, use: ResourceUse) -> bool:
        row = self._row(connection, use.kind, use.name, project)
        if row is None or row["open"]:
            return False
        permit = "SELECT 1 FROM library_permits WHERE item = ? AND pipeline = ?"
        return connection.execute(permit, (row["id"], pipeline)).fetchone() is None

    # What changes it.

    def add(self, kind: ItemKind, name: str, edit: Edit, *, project: str = "", by: str = "") -> Item:
        """Keep something new. Raises ConflictError when the name is taken, NotFoundError when there is no project."""
        now, new = timestamp(self._clock.now()), self._ids.guid()
        with self._database.writing() as connection:
            project_id = _project(connection, project)
            if self._exact_row(connection, kind, name, project) is not None:
                raise ConflictError(f"there is a {WORDS[kind][0]} '{name}' already", hint="choose another name")
            connection.execute(
                "INSERT INTO library (id, project_id, kind, name, key, created_at, created_by, updated_at, updated_by) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?7)",
                (new, project_id, kind, name, name.lower(), now, by),
            )
            return self._edit(connection, self._exactly(connection, kind, name, project), edit, now)

    def change(self, kind: ItemKind, name: str, edit: Edit, *, project: str = "", by: str = "") -> Item:
        """Change something that is there. Raises NotFoundError, also for a value to remove that is not there."""
        now = timestamp(self._clock.now())
        with self._database.writing() as connection:
            row = self._exactly(connection, kind, name, project)
            connection.execute(
                "UPDATE library SET updated_at = ?, updated_by = ? WHERE id = ?",
                (now, by, row["id"]),
            )
            item = self._edit(connection, row, edit, now)
        before = json.loads(row["data"]).get("ticket", "")
        if before and before != item.data["ticket"]:
            self._files.remove(before)
        return item

    def _edit(self, connection: sqlite3.Connection, row: sqlite3.Row, edit: Edit, now: str) -> Item:
        item = row["id"]
        for removed in edit.remove:
            _remove_value(connection, row, removed)
        # Sealed within the transaction: when the key is changed, nothing is sealed by the old one behind its back.
        values = [(name, 0, value) for name, value in edit.plain.items()]
        values += [(name, 1, self._vault.seal(value)) for name, value in edit.secret.items()]
        connection.executemany(
            "INSERT INTO library_values (item, key, name, secret, value, changed_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET name = excluded.name, secret = excluded.secret, value = excluded.value, "
            "changed_at = excluded.changed_at",
            [(item, name.lower(), name, secret, value, now) for name, secret, value in values],
        )
        if edit.description is not None:
            connection.execute("UPDATE library SET description = ? WHERE id = ?", (edit.description, item))
        data = dict(edit.data or {})
        if edit.content is not None:
            data |= {"ticket": self._files.write(edit.content), "size": str(len(edit.content))}
        if data:
            connection.execute("UPDATE library SET data = ? WHERE id = ?", (_merged(row["data"], data), item))
        if edit.open is not None:
            connection.execute("UPDATE library SET open = ? WHERE id = ?", (edit.open, item))
        return _item(connection, connection.execute(f"{_ITEMS} WHERE library.id = ?", (item,)).fetchone())

    def remove(self, kind: ItemKind, name: str, *, project: str = "") -> Item:
        """Forget something, with its values and permits; what it was. Raises NotFoundError."""
        with self._database.writing() as connection:
            row = self._exactly(connection, kind, name, project)
            item = _item(connection, row)
            connection.execute("DELETE FROM library WHERE id = ?", (row["id"],))
        if item.data.get("ticket"):
            self._files.remove(item.data["ticket"])
        return item

    def permit(self, kind: ItemKind, name: str, pipeline: str, *, project: str = "", by: str = "") -> None:
        """Let a pipeline use it; who permitted it first is kept. Raises NotFoundError."""
        now = timestamp(self._clock.now())
        with self._database.writing() as connection:
            row = self._exactly(connection, kind, name, project)
            _permit(connection, row["id"], pipeline, now, by)

    def permit_uses(self, project: str, pipeline: str, uses: Iterable[ResourceUse], *, by: str) -> None:
        """Let a pipeline use what it names, as far as it is there: its owner runs it."""
        closed, now = self.unpermitted(project, pipeline, uses), timestamp(self._clock.now())
        if not closed:
            return
        with self._database.writing() as connection:
            for use in closed:
                row = self._row(connection, use.kind, use.name, project)
                if row is not None:
                    _permit(connection, row["id"], pipeline, now, by)

    def revoke(self, kind: ItemKind, name: str, pipeline: str, *, project: str = "") -> None:
        """A pipeline may not use it any more. Raises NotFoundError, also when it could not."""
        with self._database.writing() as connection:
            row = self._exactly(connection, kind, name, project)
            gone = connection.execute(
                "DELETE FROM library_permits WHERE item = ? AND pipeline = ?", (row["id"], pipeline)
            ).rowcount
            if not gone:
                raise NotFoundError(
                    f"'{pipeline}' has no permission to use '{name}'", hint="nothing is to be taken away"
                )

    def sweep(self) -> None:
        """Remove the sealed files that no row names: a process was killed, or their project was removed."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT data FROM library WHERE kind = ?", (ItemKind.SECURE_FILE,)).fetchall()
        self._files.sweep({json.loads(row["data"])["ticket"] for row in rows})

    # Rows.

    def _opened(self, value: sqlite3.Row) -> str:
        return self._vault.open(value["value"]) if value["secret"] else str(value["value"])

    def _row(self, connection: sqlite3.Connection, kind: str, name: str, project: str) -> sqlite3.Row | None:
        """What the project has of that name or id, else what the home has."""
        for owner in (project, "") if project else ("",):
            row = self._exact_row(connection, kind, name, owner)
            if row is not None:
                return row
        return None

    def _exact_row(self, connection: sqlite3.Connection, kind: str, name: str, project: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = connection.execute(
            f"{_ITEMS} WHERE kind = ?1 AND COALESCE(projects.name, '') = ?3 AND (library.key = ?2 OR library.id = ?2) "
            "ORDER BY library.key = ?2 DESC LIMIT 1",
            (kind, name.strip().lower(), project),
        ).fetchone()
        return found

    def _find(self, connection: sqlite3.Connection, kind: ItemKind, name: str, project: str) -> sqlite3.Row:
        row = self._row(connection, kind, name, project)
        if row is None:
            raise not_there(kind, name, project)
        return row

    def _exactly(self, connection: sqlite3.Connection, kind: ItemKind, name: str, project: str) -> sqlite3.Row:
        _project(connection, project)
        row = self._exact_row(connection, kind, name, project)
        if row is None:
            raise not_there(kind, name, project)
        return row


_KINDS = frozenset(str(kind) for kind in ItemKind)


def _kept_here(uses: Iterable[ResourceUse]) -> list[ResourceUse]:
    return [use for use in uses if use.kind in _KINDS]


def _project(connection: sqlite3.Connection, name: str) -> int | None:
    """The project's id; None for the home itself. Raises NotFoundError."""
    if not name:
        return None
    row = connection.execute("SELECT id FROM projects WHERE name = ? AND removed_at IS NULL", (name,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no project {name!r}", hint="drivetrain project list")
    return int(row["id"])


def _values(connection: sqlite3.Connection, row: sqlite3.Row) -> list[sqlite3.Row]:
    return connection.execute("SELECT * FROM library_values WHERE item = ? ORDER BY key", (row["id"],)).fetchall()


def _permit(connection: sqlite3.Connection, item: str, pipeline: str, now: str, by: str) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO library_permits (item, pipeline, permitted_at, permitted_by) VALUES (?, ?, ?, ?)",
        (item, pipeline, now, by),
    )


def _remove_value(connection: sqlite3.Connection, row: sqlite3.Row, name: str) -> None:
    gone = connection.execute("DELETE FROM library_values WHERE item = ? AND key = ?", (row["id"], name.lower()))
    if not gone.rowcount:
        raise NotFoundError(
            f"there is no '{name}' in '{row['name']}'", hint="case does not matter; nothing was changed"
        )


def _merged(before: str, changes: Mapping[str, str | None]) -> str:
    merged = {**json.loads(before), **changes}
    return json.dumps({name: value for name, value in merged.items() if value is not None})


def _item(connection: sqlite3.Connection, row: sqlite3.Row) -> Item:
    permits = connection.execute(
        "SELECT pipeline, permitted_at, permitted_by FROM library_permits WHERE item = ? ORDER BY pipeline",
        (row["id"],),
    )
    return Item(
        id=row["id"],
        kind=ItemKind(row["kind"]),
        name=row["name"],
        project=row["project"],
        description=row["description"],
        open=bool(row["open"]),
        data=json.loads(row["data"]),
        values=tuple(
            ItemValue(each["name"], None if each["secret"] else each["value"], each["changed_at"])
            for each in _values(connection, row)
        ),
        permits=tuple(Permit(*each) for each in permits),
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )
