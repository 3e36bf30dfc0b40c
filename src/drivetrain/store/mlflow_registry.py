"""MLflow's registry and training runs, read from MLflow's own SQLite file: no server of MLflow has to run for it.

The tables are MLflow's (mlflow/store/model_registry/dbmodels/models.py, mlflow/store/tracking/dbmodels/models.py); a
contract test holds what is read here against MLflow itself. Nothing is written but aliases, as MLflow does it.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from drivetrain.errors import ConflictError, NotFoundError, UnavailableError
from drivetrain.registry.versions.model import DataAsset, Listed, Listing, Training
from drivetrain.store.database import BUSY_SECONDS, transaction, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drivetrain.registry.versions.model import Held

PROJECT = "drivetrain.project"
PROMPT = "mlflow.prompt.is_prompt"
"""MLflow keeps prompts as models with this tag."""
DELETED = "Deleted_Internal"
LOGGED = "models:/m-"
RUNNING = ("RUNNING", "SCHEDULED")
_VERSIONS = f"""
    SELECT name, version, creation_time, source, run_id, description, current_stage FROM model_versions
    WHERE workspace = 'default' AND coalesce(current_stage, '') <> '{DELETED}' ORDER BY name, version
"""  # noqa: S608 - a constant of ours
_DATA = """
    SELECT datasets.name, datasets.digest, datasets.dataset_source, input_tags.value AS context
    FROM inputs JOIN datasets ON datasets.dataset_uuid = inputs.source_id
    LEFT JOIN input_tags ON input_tags.input_uuid = inputs.input_uuid AND input_tags.name = 'mlflow.data.context'
    WHERE inputs.source_type = 'DATASET' AND inputs.destination_type = 'RUN' AND inputs.destination_id = ?
    ORDER BY datasets.name, datasets.digest
"""
_LOGGED = """
    SELECT artifact_location FROM logged_models WHERE source_run_id = ? AND lifecycle_stage = 'active' AND name IN
    (SELECT name FROM logged_models WHERE artifact_location = ?) ORDER BY creation_timestamp_ms DESC LIMIT 1
"""
MOST_SOURCE = 2000


class MlflowRegistry:
    """The Registered port on MLflow's file; any thread may call it."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before the first call; where there is no file, nothing is registered."""
        self._path = path

    def listing(self) -> Listing:
        """All versions and aliases that there are now."""
        if not self._path.exists():
            return Listing()
        with self._reading() as connection:
            model_tags = _tags(connection, "registered_model_tags", "name")
            names = [row["name"] for row in connection.execute(_NAMES)]
            kept = [name for name in names if (PROMPT, "true") not in model_tags.get((name,), {}).items()]
            tags = _tags(connection, "model_version_tags", "name", "version")
            listed = tuple(
                _listed(row, tags.get((row["name"], row["version"]), {}), model_tags.get((row["name"],), {}))
                for row in connection.execute(_VERSIONS)
                if row["name"] in kept
            )
            aliases = {(row["name"], row["alias"]): str(row["version"]) for row in connection.execute(_ALIASES)}
        return Listing(tuple(kept), listed, {key: version for key, version in aliases.items() if key[0] in kept})

    def training(self, run_id: str) -> Training | None:
        """A training run; None when there is none, or it was removed for good."""
        if not run_id or not self._path.exists():
            return None
        with self._reading() as connection:
            row = connection.execute(
                "SELECT status, lifecycle_stage FROM runs WHERE run_uuid = ?", (run_id,)
            ).fetchone()
            if row is None:
                return None
            pairs = {
                table: connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run_id,)).fetchall()  # noqa: S608 - ours
                for table in ("params", "latest_metrics", "tags")
            }
            data = tuple(_asset(each) for each in connection.execute(_DATA, (run_id,)))
        return Training(
            id=run_id,
            ended=row["status"] not in RUNNING,
            deleted=row["lifecycle_stage"] == "deleted",
            params={each["key"]: each["value"] for each in pairs["params"]},
            metrics={
                each["key"]: float("nan") if each["is_nan"] else each["value"] for each in pairs["latest_metrics"]
            },
            tags={each["key"]: each["value"] for each in pairs["tags"]},
            data=data,
        )

    def location(self, source: str) -> str:
        """Where the files are."""
        if not source.startswith(LOGGED) or not self._path.exists():
            return source
        model_id = source.removeprefix("models:/").strip("/")
        with self._reading() as connection:
            row = connection.execute(
                "SELECT artifact_location FROM logged_models WHERE model_id = ?", (model_id,)
            ).fetchone()
        return str(row["artifact_location"]) if row else ""

    def logged(self, location: str, training_run: str) -> str:
        """Where the newest logged model of a training run is that has the name of the one at a location."""
        if not self._path.exists():
            return ""
        with self._reading() as connection:
            row = connection.execute(_LOGGED, (training_run, location)).fetchone()
        return str(row["artifact_location"]) if row else ""

    def set_alias(self, name: str, alias: str, version: str, still: Held | None = None) -> None:
        """As MLflow's own store does it, if what is `still` to be so is."""
        if not self._path.exists():
            raise NotFoundError(f"there is no model '{name}'")
        with self._reading() as connection, transaction(connection):
            if still is not None:
                _check(connection, still)
            if not version:
                connection.execute(
                    "DELETE FROM registered_model_aliases WHERE workspace = 'default' AND name = ? AND alias = ?",
                    (name, alias),
                )
                return
            found = connection.execute(
                "SELECT 1 FROM model_versions WHERE workspace = 'default' AND name = ? AND version = ? "
                "AND coalesce(current_stage, '') <> ?",
                (name, int(version), DELETED),
            ).fetchone()
            if found is None:
                raise NotFoundError(f"there is no version {version} of the model '{name}'")
            connection.execute(
                "INSERT INTO registered_model_aliases (workspace, name, alias, version) VALUES ('default', ?, ?, ?) "
                "ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version",
                (name, alias, int(version)),
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path):
            connection = sqlite3.connect(f"file:{_quoted(self._path)}?mode=rw", uri=True, timeout=BUSY_SECONDS)
            connection.isolation_level = None
            connection.row_factory = sqlite3.Row
            with closing(connection):
                connection.execute("PRAGMA foreign_keys = ON")
                with self._of_this_mlflow():
                    yield connection

    @contextmanager
    def _of_this_mlflow(self) -> Iterator[None]:
        """A file that an older MLflow has written has not all of the tables."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if not str(error).startswith("no such"):
                raise
            hint = "open MLflow's page once (drivetrain up): its file is brought up to date then"
            raise UnavailableError(f"{self._path} is of an older MLflow: {error}", hint=hint) from error


_NAMES = "SELECT name FROM registered_models WHERE workspace = 'default' ORDER BY name"
_ALIASES = "SELECT name, alias, version FROM registered_model_aliases WHERE workspace = 'default'"


def _check(connection: sqlite3.Connection, still: Held) -> None:
    row = connection.execute(f"{_ALIASES} AND name = ? AND alias = ?", (still.model, still.alias)).fetchone()
    now = str(row["version"]) if row else ""
    if now != still.version:
        there, was = (f"{still.model}:{each}" if each else "none" for each in (now, still.version))
        raise ConflictError(f"the {still.alias} is {there} by now, no longer {was}")


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _tags(connection: sqlite3.Connection, table: str, *key: str) -> dict[tuple[Any, ...], dict[str, str]]:
    found: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in connection.execute(f"SELECT * FROM {table} WHERE workspace = 'default'"):  # noqa: S608 - ours
        found.setdefault(tuple(row[each] for each in key), {})[row["key"]] = row["value"] or ""
    return found


def _listed(row: sqlite3.Row, tags: Mapping[str, str], model_tags: Mapping[str, str]) -> Listed:
    stage = row["current_stage"] or ""
    return Listed(
        (row["name"], int(row["version"]), int(row["creation_time"] or 0)),
        row["source"] or "",
        row["run_id"] or "",
        row["description"] or "",
        "" if stage == "None" else stage,
        tags,
        model_tags.get(PROJECT, ""),
    )


def _asset(row: sqlite3.Row) -> DataAsset:
    source = _source(row["dataset_source"])
    return DataAsset(row["name"], row["digest"], source=source, context=row["context"] or "")


def _source(text: str) -> str:
    """The address in what MLflow keeps as JSON: `{"uri": ...}`, `{"url": ...}`, ..."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = next((said[key] for key in ("uri", "url", "path") if said.get(key)), "") if isinstance(said, dict) else ""
    return str(found)[:MOST_SOURCE]
