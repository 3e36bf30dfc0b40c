"""Builds the Models port of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.registry.versions.registry import Registry
from drivetrain.store.mlflow_registry import MlflowRegistry
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.store.promotions import SqlitePromotions
from drivetrain.wire.registry.origins import RunOrigins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.wire.storage import Storage

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"


def models(storage: Storage) -> Registry:
    """The models of a home; nothing is opened before the first call."""
    folder = storage.home.mlflow
    return Registry(
        MlflowRegistry(folder / DATABASE),
        SqliteModelVersions(storage.database, storage.clock),
        promotions(storage),
        RunOrigins(storage.runs, storage.database, storage.home.root / "snapshots"),
        folder / ARTIFACTS,
    )


def versions_of_run(storage: Storage, run_id: int) -> Sequence[ModelVersion]:
    """What is known to have been made by a pipeline run, the oldest first; nothing is looked for in MLflow."""
    return SqliteModelVersions(storage.database, storage.clock).of_run(run_id)


def promotions(storage: Storage) -> SqlitePromotions:
    """Who has had which alias."""
    return SqlitePromotions(storage.database, storage.home.mlflow / "aliases.lock", storage.clock)
