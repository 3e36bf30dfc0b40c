"""Builds the Models port of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.registry.versions.registry import Registry
from drivetrain.store.mlflow_registry import MlflowRegistry
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.store.promotions import SqlitePromotions
from drivetrain.wire.registry.origins import RunOrigins

if TYPE_CHECKING:
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


def promotions(storage: Storage) -> SqlitePromotions:
    """Who has had which alias."""
    return SqlitePromotions(storage.database, storage.home.mlflow / "aliases.lock", storage.clock)
