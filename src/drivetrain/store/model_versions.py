"""What is known of versions of models, in SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from drivetrain.clock import SystemClock, timestamp
from drivetrain.registry.versions.model import Known, ModelVersion

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.registry.versions.model import Key
    from drivetrain.store.database import Database

COLUMNS = "name, version, created_ms, gone_at, data"
MOST = 1000
_ONE = "name = ? AND version = ? AND created_ms = ?"
_PUT = """
    INSERT INTO model_versions (name, version, created_ms, source, run_id, commit_sha, settled, gone_at, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (name, version, created_ms) DO UPDATE SET
    source = excluded.source, run_id = excluded.run_id, commit_sha = excluded.commit_sha,
    settled = excluded.settled, data = excluded.data WHERE NOT settled
"""


class SqliteModelVersions:
    """The VersionRows port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def known(self) -> Mapping[Key, Known]:
        """Every version that was seen and is not gone."""
        query = "SELECT name, version, created_ms, source, settled FROM model_versions WHERE gone_at = ''"
        with self._database.reading() as connection:
            return {_key(row): Known(row["source"], bool(row["settled"])) for row in connection.execute(query)}

    def get(self, key: Key) -> ModelVersion | None:
        """What is known of one."""
        found = self._read(_ONE, key)
        return next(iter(found.values()), None)

    def of_name(self, name: str) -> Mapping[Key, ModelVersion]:
        """What is known of the versions of a model."""
        return self._read("name = ?", (name,))

    def put(self, key: Key, version: ModelVersion, *, source: str, settled: bool) -> None:
        """Keep it; what is settled stays as it is."""
        # json, not msgspec: a metric may be NaN or infinite.
        data = json.dumps(msgspec.to_builtins(version))
        row = (*key, source, version.run_id, version.commit, settled, data)
        with self._database.writing() as connection:
            connection.execute(_PUT, row)
            connection.execute(f"UPDATE model_versions SET gone_at = '' WHERE {_ONE}", key)  # noqa: S608 - ours

    def rename(self, before: Key, now: Key) -> None:
        """Its model has another name."""
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE OR IGNORE model_versions SET name = ? WHERE {_ONE}",  # noqa: S608 - ours
                (now[0], *before),
            )
            connection.execute("UPDATE OR IGNORE model_aliases SET name = ? WHERE name = ?", (now[0], before[0]))
            connection.execute("UPDATE promotions SET model = ? WHERE model = ?", (now[0], before[0]))

    def gone(self, key: Key) -> None:
        """MLflow has it no more."""
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE model_versions SET gone_at = ? WHERE {_ONE} AND gone_at = ''",  # noqa: S608 - ours
                (timestamp(self._clock.now()), *key),
            )

    def of_commit(self, sha: str) -> Sequence[ModelVersion]:
        """Those made of a commit, the newest first."""
        return tuple(self._read("commit_sha >= ? AND commit_sha < ?", (sha, f"{sha}g")).values())[::-1]

    def of_run(self, run_id: int) -> Sequence[ModelVersion]:
        """Those that a pipeline run has made, the oldest first."""
        return tuple(self._read("run_id = ?", (run_id,)).values())

    def _read(self, where: str, values: Sequence[object]) -> dict[Key, ModelVersion]:
        query = f"SELECT {COLUMNS} FROM model_versions WHERE {where} ORDER BY id LIMIT {MOST}"  # noqa: S608 - ours
        with self._database.reading() as connection:
            rows = connection.execute(query, values).fetchall()
        return {_key(row): _version(row) for row in rows}


def _key(row: sqlite3.Row) -> Key:
    return row["name"], row["version"], row["created_ms"]


def _version(row: sqlite3.Row) -> ModelVersion:
    found = msgspec.convert(json.loads(row["data"]), ModelVersion)
    return msgspec.structs.replace(found, name=row["name"], gone_at=row["gone_at"])
