"""In SQLite: which projects are at which hosts, with the sealed secrets of their webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.json import decode, encode

from drivetrain.source.hosts.model import Link
from drivetrain.store.database import transaction, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.ports import Vault
    from drivetrain.store.database import Database

_PUT = (
    "INSERT INTO links (project_id, host, repository, key, secret, data) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (project_id) DO UPDATE SET host = excluded.host, repository = excluded.repository, "
    "key = excluded.key, secret = iif(?, excluded.secret, secret), data = excluded.data"
)


class SqliteLinks:
    """The Links port on SQLite; any thread may call it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def put(self, link: Link, secret: str) -> None:
        """Keep the link, with the secret of its webhook unless that is empty."""
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                row = (link.project_id, link.host, link.repository, link.key, self._vault.seal(secret))
                connection.execute(_PUT, (*row, encode(link).decode(), bool(secret)))

    def get(self, project_id: int) -> Link | None:
        """The link of a project."""
        found = self._read("SELECT data, secret FROM links WHERE project_id = ?", project_id)
        return found[0][0] if found else None

    def all(self) -> Sequence[Link]:
        """Those of all projects."""
        return [link for link, _ in self._read("SELECT data, secret FROM links ORDER BY project_id")]

    def by_key(self, key: str) -> tuple[Link, str] | None:
        """The link that a webhook's path names, with its secret in clear."""
        found = self._read("SELECT data, secret FROM links WHERE key = ?", key)
        return (found[0][0], self._vault.open(found[0][1])) if found else None

    def _read(self, query: str, *values: object) -> list[tuple[Link, str]]:
        with translated(self._database.path):
            rows = self._database.connections.get().execute(query, values)
            return [(decode(row["data"], type=Link), row["secret"]) for row in rows]

    def remove(self, project_id: int) -> None:
        """Forget it."""
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                connection.execute("DELETE FROM links WHERE project_id = ?", (project_id,))
