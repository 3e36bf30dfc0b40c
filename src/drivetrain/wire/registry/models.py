"""Builds the Models port of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.record.tracking.service import Tracking
from drivetrain.registry.versions.learning import folder_of
from drivetrain.registry.versions.registry import Registry
from drivetrain.store.mlflow_registry import MlflowRegistry
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.store.promotions import SqlitePromotions
from drivetrain.wire.registry.origins import RunOrigins
from drivetrain.wire.registry.registrations import NotedRegistrations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        RunOrigins(storage.runs, storage.database, storage.home.root / "snapshots", storage.azure_jobs),
        folder / ARTIFACTS,
    )


def tracking(storage: Storage) -> Tracking:
    """The tracking of a home, which tells the registry what is asked of MLflow."""
    noted = NotedRegistrations(storage.models, promotions(storage))
    return Tracking(storage.home.mlflow, storage.training_runs, registrations=noted)


def folder_of_version(version: ModelVersion, artifacts: Path) -> Path | None:
    """Where its files are, as far as they are in this home; nothing is checked."""
    return folder_of(version.location, artifacts)


def versions_of_run(storage: Storage, run_id: int) -> Sequence[ModelVersion]:
    """What is known to have been made by a pipeline run, the oldest first; nothing is looked for in MLflow."""
    return SqliteModelVersions(storage.database, storage.clock).of_run(run_id)


def promotions(storage: Storage) -> SqlitePromotions:
    """Who has had which alias."""
    return SqlitePromotions(storage.database, storage.home.mlflow / "aliases.lock", storage.clock)
