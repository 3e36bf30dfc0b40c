"""Where a job has put what another job had put where a version's files are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import text_of
from drivetrain.registry.versions.learning import folder_of
from drivetrain.registry.versions.reproduction import cannot
from drivetrain.view.api.azure.arm.model_files import place_of
from drivetrain.view.api.azure.arm.model_shape import record_of, stored_at
from drivetrain.wire.azureml.launching import kept_task
from drivetrain.wire.azureml.places import inside
from drivetrain.wire.registry.models import ARTIFACTS, models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.wire.storage import Storage

LOGGED = "m-"
"""How MLflow's ids of logged models begin."""


def folder_again(storage: Storage, version: ModelVersion, before: AzureJob, now: AzureJob) -> Path | None:
    """The folder, or the one file; None when `now` has made nothing there. Raises CannotError where it is not known
    what the version's place is to `before`.
    """
    found = _of_output(storage, version, before, now) or _of_artifacts(storage, version, before, now)
    return found if found is not None and found.exists() else None


def _of_output(storage: Storage, version: ModelVersion, before: AzureJob, now: AzureJob) -> Path | None:
    """Of an output with a name: MLflow has a copy of those files, and our tag says where they were."""
    place, task = place_of(record_of(version.tags).uri), kept_task(storage, now)
    outputs: Mapping[str, Any] = before.body.get("outputs") or {}
    for name in task.outputs if task else ():
        own = place_of(text_of(outputs, name, "uri"))
        if task and place and own and place.datastore == own.datastore and f"{place.path}/".startswith(f"{own.path}/"):
            return inside(Path(task.outputs[name].place.path), place.path.removeprefix(own.path).strip("/"))
    return None


def _of_artifacts(storage: Storage, version: ModelVersion, before: AzureJob, now: AzureJob) -> Path | None:
    stored, task = stored_at(version.location), kept_task(storage, now)
    if stored is not None and stored[1] == before.name and task is not None:
        return inside(Path(task.run.artifacts), stored[2])
    if stored is not None and stored[1].startswith(LOGGED):
        logged = models(storage).logged(version.location, now.name)
        return folder_of(logged, storage.home.mlflow / ARTIFACTS)
    hint = "register it from the outputs of the job, then reproduce that version"
    why = f"its files are at {version.location or 'no known place'}, which is not of its job {before.name}"
    raise cannot(version, why, hint)
