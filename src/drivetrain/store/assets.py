"""What workspaces hold, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.registry.model import Asset, AssetKind
from drivetrain.store.rows import plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_ONE = "workspace = ? AND kind = ? AND name = ? AND version = ?"
_INSERT = """
INSERT INTO assets
(workspace, kind, name, version, body, hash, archived, created_at, created_by, updated_at, updated_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REPLACE = """
ON CONFLICT (workspace, kind, name, version) DO UPDATE SET body = excluded.body, hash = excluded.hash,
archived = excluded.archived, updated_at = excluded.updated_at, updated_by = excluded.updated_by
"""


class SqliteAssets:
    """The Assets port on SQLite."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def get(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> Asset:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, workspace, kind, name, version)

    def put(self, asset: Asset, *, by: str) -> Asset:
        """Make it, or replace what is there."""
        with self._database.writing() as connection:
            connection.execute(_INSERT + _REPLACE, self._row(asset, by))
            return _get(connection, asset.workspace, asset.kind, asset.name, asset.version)

    def add(self, asset: Asset, *, by: str) -> Asset:
        """Make it; without a version, under the number after the highest one. Raises ConflictError."""
        with self._database.writing() as connection:
            known = {each.version for each in _versions(connection, asset.workspace, asset.kind, asset.name)}
            if not asset.version:
                asset = replace(asset, version=_next(known))
            if asset.version in known:
                raise ConflictError(f"{asset.kind} {asset.name} has a version {asset.version} already")
            connection.execute(_INSERT, self._row(asset, by))
            return _get(connection, asset.workspace, asset.kind, asset.name, asset.version)

    def names(self, workspace: str, kind: AssetKind) -> Sequence[Asset]:
        """The newest version of each, by name."""
        # A row without a version, beside others that have one, says something of the name (registry/ports.py).
        best = "COALESCE(MAX(CASE WHEN version <> '' THEN id END), MAX(id))"
        newest = f"id IN (SELECT {best} FROM assets WHERE workspace = ? AND kind = ? GROUP BY name)"  # noqa: S608 - a constant
        with self._database.reading() as connection:
            return _select(connection, f"{newest} ORDER BY name", workspace, kind)

    def versions(self, workspace: str, kind: AssetKind, name: str) -> Sequence[Asset]:
        """Every version, the newest first."""
        with self._database.reading() as connection:
            return _versions(connection, workspace, kind, name)

    def of_hash(self, workspace: str, kind: AssetKind, digest: str) -> Sequence[Asset]:
        """Those with this hash, the newest first."""
        where = "workspace = ? AND kind = ? AND hash = ? AND hash <> '' ORDER BY id DESC"
        with self._database.reading() as connection:
            return _select(connection, where, workspace, kind, digest)

    def delete(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> None:
        """Forget it. Raises NotFoundError."""
        with self._database.writing() as connection:
            _get(connection, workspace, kind, name, version)
            connection.execute(f"DELETE FROM assets WHERE {_ONE}", (workspace, kind, name, version))  # noqa: S608 - a constant

    def _row(self, asset: Asset, by: str) -> tuple[object, ...]:
        now = timestamp(self._clock.now())
        key = (asset.workspace, asset.kind, asset.name, asset.version)
        return (*key, to_json(asset.body), asset.hash, asset.archived, now, by, now, by)


def _next(known: set[str]) -> str:
    return str(max((int(version) for version in known if version.isdecimal()), default=0) + 1)


def _get(connection: sqlite3.Connection, workspace: str, kind: AssetKind, name: str, version: str) -> Asset:
    found = _select(connection, _ONE, workspace, kind, name, version)
    if not found:
        raise NotFoundError(f"there is no {name}{f', version {version},' if version else ''} among the {kind}")
    return found[0]


def _versions(connection: sqlite3.Connection, workspace: str, kind: AssetKind, name: str) -> Sequence[Asset]:
    where = "workspace = ? AND kind = ? AND name = ? AND version <> '' ORDER BY id DESC"
    return _select(connection, where, workspace, kind, name)


def _select(connection: sqlite3.Connection, where: str, *values: str) -> list[Asset]:
    rows = connection.execute(f"SELECT * FROM assets WHERE {where}", values)  # noqa: S608 - constants of this module
    return [_asset(row) for row in rows]


def _asset(row: sqlite3.Row) -> Asset:
    return Asset(
        workspace=row["workspace"],
        kind=AssetKind(row["kind"]),
        name=row["name"],
        version=row["version"],
        body=plain_json(row["body"]),
        hash=row["hash"],
        archived=bool(row["archived"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )
