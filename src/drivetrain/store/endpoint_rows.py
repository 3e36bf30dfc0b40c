"""Rows of endpoints and deployments to values and back, and their history. Called within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from drivetrain.errors import NotFoundError
from drivetrain.serve.model import AuthMode, Deployment, DeploymentSpec, DeploymentState, Endpoint, HistoryEntry, Launch
from drivetrain.serve.rules.live import live
from drivetrain.store.rows import from_json, plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from drivetrain.run.ports import Vault

MANY = 20


def endpoint_row(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
    """The row of an endpoint. Raises NotFoundError, whose hint names those that there are."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM online_endpoints WHERE name = ?", (name,)).fetchone()
    if row is None:
        names = connection.execute("SELECT name FROM online_endpoints ORDER BY name LIMIT ?", (MANY,)).fetchall()
        known = ", ".join(each["name"] for each in names)
        raise NotFoundError(
            f"there is no endpoint '{name[:80]}'",
            hint=f"endpoints: {known}" if known else "none yet: `drivetrain deploy MODEL --endpoint NAME` makes one",
        )
    return row


def endpoint_from(row: sqlite3.Row) -> Endpoint:
    """An endpoint from its row; its keys stay behind."""
    values = {name: row[name] for name in Endpoint.__struct_fields__}
    values["auth"] = AuthMode(values["auth"])
    for name in ("traffic", "mirror", "body"):
        values[name] = plain_json(values[name])
    return Endpoint(**values)


def get_endpoint(connection: sqlite3.Connection, name: str) -> Endpoint:
    """An endpoint. Raises NotFoundError."""
    return endpoint_from(endpoint_row(connection, name))


class DeploymentRows:
    """Deployments as rows; variables are sealed by the vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def all(self, connection: sqlite3.Connection, endpoint: str) -> list[Deployment]:
        """Those of an endpoint, by name, with the spec that was asked for last."""
        query = "SELECT * FROM online_deployments WHERE endpoint = ? ORDER BY name"
        return [self._from(row, "spec", "variables") for row in connection.execute(query, (endpoint,))]

    def served(self, connection: sqlite3.Connection, endpoint: str) -> list[Deployment]:
        """Those that can be started, with the spec that their launch was made from."""
        query = "SELECT * FROM online_deployments WHERE endpoint = ? AND served <> '' AND state <> ? ORDER BY name"
        rows = connection.execute(query, (endpoint, DeploymentState.DELETING))
        return [self._from(row, "served", "served_variables") for row in rows]

    def get(self, connection: sqlite3.Connection, endpoint: str, name: str) -> Deployment:
        """One of them. Raises NotFoundError."""
        found = self.find(connection, endpoint, name)
        if found is None:
            known = ", ".join(each.name for each in self.all(connection, endpoint)) or "none yet"
            message = f"the endpoint '{endpoint}' has no deployment '{name[:80]}'"
            raise NotFoundError(message, hint=f"deployments: {known}")
        return found

    def find(self, connection: sqlite3.Connection, endpoint: str, name: str) -> Deployment | None:
        """One of them, or None."""
        row = self._row(connection, endpoint, name)
        return None if row is None else self._from(row, "spec", "variables")

    def served_one(self, connection: sqlite3.Connection, endpoint: str, name: str) -> Deployment | None:
        """One that has been ready, with the spec that its launch was made from."""
        row = self._row(connection, endpoint, name)
        return None if row is None or not row["served"] else self._from(row, "served", "served_variables")

    def put(self, connection: sqlite3.Connection, deployment: Deployment, *, ready: bool) -> None:
        """Write one, whole. When it is ready, its spec is what its launch was made from."""
        spec, variables = self._sealed(deployment.spec)
        values = {
            **{name: getattr(deployment, name) for name in _PLAIN},
            "spec": spec,
            "variables": variables,
            "launch": None if deployment.launch is None else to_json(deployment.launch),
            "served": spec if ready else "",
            "served_variables": variables if ready else "",
        }
        changed = [each for each in values if each not in _KEPT and (ready or not each.startswith("served"))]
        connection.execute(
            f"INSERT INTO online_deployments ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "  # noqa: S608
            f"ON CONFLICT DO UPDATE SET {', '.join(f'{each} = excluded.{each}' for each in changed)}",
            list(values.values()),
        )

    def _row(self, connection: sqlite3.Connection, endpoint: str, name: str) -> sqlite3.Row | None:
        query = "SELECT * FROM online_deployments WHERE endpoint = ? AND name = ?"
        row: sqlite3.Row | None = connection.execute(query, (endpoint, name)).fetchone()
        return row

    def _sealed(self, spec: DeploymentSpec) -> tuple[str, str]:
        return to_json(replace(spec, variables={})), self._vault.seal(to_json(dict(spec.variables)))

    def _from(self, row: sqlite3.Row, spec: str, variables: str) -> Deployment:
        values = {name: row[name] for name in _PLAIN}
        values["state"] = DeploymentState(values["state"])
        opened = plain_json(self._vault.open(row[variables]))
        values["spec"] = replace(from_json(row[spec], DeploymentSpec), variables=opened)
        values["launch"] = None if row["launch"] is None else from_json(row["launch"], Launch)
        return Deployment(**values)


_PLAIN = (
    "endpoint",
    "name",
    "state",
    "build",
    "problem",
    "run_id",
    "created_at",
    "created_by",
    "updated_at",
)
_KEPT = {"endpoint", "name", "created_at", "created_by"}


def grow(connection: sqlite3.Connection, name: str, now: str, **columns: object) -> int:
    """The endpoint is another now: its next generation, and these columns."""
    values = {**columns, "updated_at": now}
    row = connection.execute(
        f"UPDATE online_endpoints SET generation = generation + 1, {', '.join(f'{each} = ?' for each in values)} "  # noqa: S608
        "WHERE name = ? RETURNING generation",
        [*values.values(), name],
    ).fetchone()
    return int(row["generation"])


class History:
    """Writes down what is live after a change."""

    def __init__(self, deployments: DeploymentRows) -> None:
        self._deployments = deployments

    def changed(
        self, connection: sqlite3.Connection, entry: HistoryEntry, data: Mapping[str, Any] | None = None
    ) -> None:
        """Write an entry, with what is live now and with this. Its id is given anew."""
        endpoint = get_endpoint(connection, entry.endpoint)
        now = live(endpoint, self._deployments.served(connection, endpoint.name))
        write_entry(connection, replace(entry, endpoint=endpoint.name, data={**now, **entry.data, **(data or {})}))


def write_entry(connection: sqlite3.Connection, entry: HistoryEntry) -> None:
    """Write an entry as it is; its id is given anew."""
    values = {**asdict(entry), "data": to_json(dict(entry.data))}
    del values["id"]
    connection.execute(
        f"INSERT INTO endpoint_history ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
        list(values.values()),
    )


def entry_from(row: sqlite3.Row) -> HistoryEntry:
    """An entry from its row."""
    return HistoryEntry(**{**dict(row), "data": plain_json(row["data"])})
