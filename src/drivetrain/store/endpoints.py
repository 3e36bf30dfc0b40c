"""Online endpoints in SQLite: what is to be live, and what was. Keys and variables are sealed by the vault."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.ids import RandomIds
from drivetrain.serve.model import Deployment, Endpoint, HistoryEntry, Wanted
from drivetrain.serve.release.model import Release, ReleaseState
from drivetrain.serve.rules.keeping import KEYS, as_kept, check_key, check_unused, is_served, key_digest, what_happened
from drivetrain.serve.rules.split import checked_mirror, checked_traffic
from drivetrain.store.endpoint_rows import (
    DeploymentRows,
    History,
    endpoint_from,
    endpoint_row,
    entry_from,
    get_endpoint,
    grow,
    write_entry,
)
from drivetrain.store.rows import from_json, plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.ids import Ids
    from drivetrain.run.ports import Vault
    from drivetrain.store.database import Database

HIGHEST_PORT = 65535


class SqliteEndpoints:
    """The Endpoints port on SQLite."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock | None = None,
        ids: Ids | None = None,
        *,
        check_name: Callable[[str, str], object],
        first_port: Callable[[], int] = lambda: 0,
    ) -> None:
        """Nothing is opened before the first call. `check_name` (kind, name) raises UserError for a wrong one;
        `first_port` of endpoints: 0 leaves it to their fronts.
        """
        self._database = database
        self._vault = vault
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._check_name = check_name
        self._first_port = first_port
        self._deployments = DeploymentRows(vault)
        self._history = History(self._deployments)

    # Endpoints.

    def all(self) -> Sequence[Endpoint]:
        """Every endpoint, by name."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM online_endpoints ORDER BY name")
            return [endpoint_from(row) for row in rows]

    def get(self, name: str) -> Endpoint:
        """One endpoint. Raises NotFoundError, whose hint names those that there are."""
        with self._database.reading() as connection:
            return get_endpoint(connection, name)

    def put(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        """Make it, with two new keys and a port, or change its auth and body. Raises UserError for a wrong name."""
        self._check_name("endpoint", endpoint.name)
        with self._database.writing() as connection:
            query = "SELECT 1 FROM online_endpoints WHERE name = ?"
            there = connection.execute(query, (endpoint.name,)).fetchone() is not None
            if there:
                columns = {"auth": endpoint.auth, "body": to_json(dict(endpoint.body))}
                grow(connection, endpoint.name, self._now(), **columns)
            else:
                self._make(connection, endpoint, by)
            self._wrote(connection, endpoint.name, "endpoint.updated" if there else "endpoint.created", by)
            return get_endpoint(connection, endpoint.name)

    def _make(self, connection: sqlite3.Connection, endpoint: Endpoint, by: str) -> None:
        keys = [self._ids.token(), self._ids.token()]
        now = self._now()
        values = {
            "name": endpoint.name,
            "project": endpoint.project,
            "workspace": endpoint.workspace,
            "auth": endpoint.auth,
            **self._kept_keys(keys),
            "traffic": "{}",
            "mirror": "{}",
            "port": endpoint.port or self._free_port(connection),
            "generation": 1,
            "body": to_json(dict(endpoint.body)),
            "created_at": now,
            "created_by": by,
            "updated_at": now,
        }
        connection.execute(
            f"INSERT INTO online_endpoints ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            list(values.values()),
        )

    def _kept_keys(self, keys: Sequence[str]) -> dict[str, str]:
        return {"keys": self._vault.seal(to_json(keys)), "key_digests": to_json([key_digest(key) for key in keys])}

    def _free_port(self, connection: sqlite3.Connection) -> int:
        first = self._first_port()
        if not first:
            return 0
        taken = {row["port"] for row in connection.execute("SELECT port FROM online_endpoints")}
        ports = (port for port in range(first, HIGHEST_PORT + 1) if port not in taken and _is_free(port))
        return next(ports, 0)

    def delete(self, name: str, *, by: str) -> None:
        """Forget it and its deployments, and end its releases; its history stays. Raises NotFoundError."""
        with self._database.writing() as connection:
            found = get_endpoint(connection, name)
            self._wrote(connection, found.name, "endpoint.deleted", by, {"traffic": {}, "models": {}, "builds": {}})
            connection.execute("DELETE FROM online_endpoints WHERE name = ?", (found.name,))
            query = "SELECT data FROM releases WHERE endpoint = ? AND under_way"
            for row in connection.execute(query, (found.name,)).fetchall():
                release = from_json(row["data"], Release)
                reason = "the endpoint was deleted"
                ended = replace(release, state=ReleaseState.FAILED, reason=reason, ended_at=self._now())
                update = "UPDATE releases SET under_way = 0, data = ? WHERE id = ?"
                connection.execute(update, (to_json(ended), release.id))

    def keys(self, name: str) -> tuple[str, str]:
        """Its primary and its secondary key. Raises NotFoundError."""
        with self._database.reading() as connection:
            primary, secondary = plain_json(self._vault.open(endpoint_row(connection, name)["keys"]))
            return primary, secondary

    def set_key(self, name: str, which: str, value: str, *, by: str) -> None:
        """Another `primary` or `secondary` key. Raises NotFoundError, UserError."""
        check_key(which, value)
        with self._database.writing() as connection:
            row = endpoint_row(connection, name)
            keys = plain_json(self._vault.open(row["keys"]))
            keys[KEYS.index(which)] = value
            grow(connection, row["name"], self._now(), **self._kept_keys(keys))
            self._wrote(connection, row["name"], "keys", by, {"key": which})

    def set_port(self, name: str, port: int) -> None:
        """Its front listens here from now on."""
        with self._database.writing() as connection:
            found = get_endpoint(connection, name)
            if found.port != port:
                grow(connection, found.name, self._now(), port=port)

    def set_traffic(
        self,
        name: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        kind: str = "traffic",
        run_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Endpoint:
        """Another split; None leaves the mirror. `kind` and `data` go to the history. Raises NotFoundError; UserError
        when it does not add up to 0 or 100, or names a deployment that cannot serve.
        """
        with self._database.writing() as connection:
            self.change_split(connection, name, traffic, mirror)
            entry = HistoryEntry(0, self._now(), name, kind, by, run_id, dict(data or {}))
            self._history.changed(connection, entry)
            return get_endpoint(connection, name)

    def change_split(
        self,
        connection: sqlite3.Connection,
        name: str,
        traffic: Mapping[str, int] | None,
        mirror: Mapping[str, int] | None,
    ) -> None:
        """Within a transaction of this database: the same, without the history."""
        found = get_endpoint(connection, name)
        deployments = self._deployments.all(connection, found.name)
        split = dict(found.traffic) if traffic is None else checked_traffic(traffic, deployments)
        copies = checked_mirror(found.mirror if mirror is None else mirror, split, deployments)
        grow(connection, found.name, self._now(), traffic=to_json(split), mirror=to_json(copies))

    # Deployments.

    def deployments(self, endpoint: str) -> Sequence[Deployment]:
        """Its deployments, by name. Raises NotFoundError when there is no such endpoint."""
        with self._database.reading() as connection:
            return self._deployments.all(connection, get_endpoint(connection, endpoint).name)

    def deployment(self, endpoint: str, name: str) -> Deployment:
        """One deployment. Raises NotFoundError."""
        with self._database.reading() as connection:
            return self._deployments.get(connection, get_endpoint(connection, endpoint).name, name)

    def put_deployment(self, deployment: Deployment, *, by: str) -> Deployment:
        """Make it or replace it, as it is said: spec, state, problem, and once it is READY its launch, too: only then
        it is `wanted` so. Raises NotFoundError, UserError.
        """
        self._check_name("deployment", deployment.name)
        with self._database.writing() as connection:
            endpoint = get_endpoint(connection, deployment.endpoint)
            before = self._deployments.find(connection, endpoint.name, deployment.name)
            served = self._deployments.served_one(connection, endpoint.name, deployment.name)
            generation = grow(connection, endpoint.name, self._now())
            named = replace(deployment, endpoint=endpoint.name, name=before.name if before else deployment.name)
            kept = as_kept(named, before, served, generation)
            made = {} if before else {"created_at": self._now(), "created_by": by}
            kept = replace(kept, updated_at=self._now(), **made)
            self._deployments.put(connection, kept, ready=is_served(kept))
            kind = what_happened(kept, before)
            if kind:
                about = {"deployment": kept.name} | ({"reason": kept.problem} if kept.problem else {})
                self._wrote(connection, endpoint.name, kind, by, about, kept.run_id)
            return self._deployments.get(connection, endpoint.name, kept.name)

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        """Forget it. Raises NotFoundError, and ConflictError while it has traffic or a release is under way to it."""
        with self._database.writing() as connection:
            found = get_endpoint(connection, endpoint)
            kept = self._deployments.get(connection, found.name, name)
            check_unused(found, kept.name, _release_under_way(connection, found.name))
            key = (found.name, kept.name)
            connection.execute("DELETE FROM online_deployments WHERE endpoint = ? AND name = ?", key)
            splits = {part: _without(getattr(found, part), kept.name) for part in ("traffic", "mirror")}
            grow(connection, found.name, self._now(), **{part: to_json(split) for part, split in splits.items()})
            self._wrote(connection, found.name, "deployment.deleted", by, {"deployment": kept.name})

    def wanted(self, name: str) -> Wanted:
        """What its front has to do; of a deployment whose new spec is being prepared, or cannot be, the one before it.
        Raises NotFoundError.
        """
        with self._database.reading() as connection:
            connection.execute("BEGIN")  # one state of the database for all that is read
            try:
                row = endpoint_row(connection, name)
                deployments = self._deployments.served(connection, row["name"])
                return Wanted(endpoint_from(row), tuple(plain_json(row["key_digests"])), tuple(deployments))
            finally:
                connection.execute("COMMIT")

    # History.

    def history(self, endpoint: str = "", *, limit: int = 200) -> Sequence[HistoryEntry]:
        """What has changed, the newest first; of all endpoints when none is named."""
        query = "SELECT * FROM endpoint_history WHERE endpoint = ? OR ? = '' ORDER BY id DESC LIMIT ?"
        with self._database.reading() as connection:
            return [entry_from(row) for row in connection.execute(query, (endpoint, endpoint, limit))]

    def record(self, entry: HistoryEntry) -> None:
        """Write down what changed nothing here; its id is given anew."""
        with self._database.writing() as connection:
            write_entry(connection, replace(entry, at=entry.at or self._now()))

    def _wrote(
        self,
        connection: sqlite3.Connection,
        name: str,
        kind: str,
        by: str,
        data: Mapping[str, Any] | None = None,
        run_id: int | None = None,
    ) -> None:
        self._history.changed(connection, HistoryEntry(0, self._now(), name, kind, by, run_id), data)

    def _now(self) -> str:
        return timestamp(self._clock.now())


def _release_under_way(connection: sqlite3.Connection, endpoint: str) -> Release | None:
    query = "SELECT data FROM releases WHERE endpoint = ? AND under_way"
    row = connection.execute(query, (endpoint,)).fetchone()
    return None if row is None else from_json(row["data"], Release)


def _without(split: Mapping[str, int], name: str) -> dict[str, int]:
    return {each: share for each, share in split.items() if each != name}


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
