"""Where a job has put what another job had put where a version's files are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.registry.versions.learning import folder_of
from drivetrain.registry.versions.reproduction import cannot
from drivetrain.view.api.azure.arm.model_files import place_of
from drivetrain.view.api.azure.arm.model_shape import record_of, stored_at
from drivetrain.wire.azureml.launching import kept_task
from drivetrain.wire.azureml.places import inside
from drivetrain.wire.registry.job_sources import output_at
from drivetrain.wire.registry.models import ARTIFACTS, models

if TYPE_CHECKING:
    from drivetrain.plan.azureml.model import CommandTask
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.wire.registry.job_sources import Source
    from drivetrain.wire.storage import Storage

LOGGED = "m-"
"""How MLflow's ids of logged models begin."""


def folder_again(storage: Storage, version: ModelVersion, source: Source, now: AzureJob) -> Path | None:
    """The folder, or the one file; None when `now` has made nothing there. Raises CannotError where it is not known
    what the version's place is to its job.
    """
    task = kept_task(storage, now)
    if task is None:
        return None
    found = _of_output(version, source, task) or _of_artifacts(storage, version, source, task)
    return found if found is not None and found.exists() else None


def _of_output(version: ModelVersion, source: Source, task: CommandTask) -> Path | None:
    """Of an output with a name: MLflow has a copy of those files, and our tag says where they were."""
    place = place_of(record_of(version.tags).uri)
    for job in (source.job, source.named):
        found = output_at(job, place) if place is not None else None
        if found is not None and found[0] in task.outputs:
            return inside(Path(task.outputs[found[0]].place.path), found[1])
    return None


def _of_artifacts(storage: Storage, version: ModelVersion, source: Source, task: CommandTask) -> Path | None:
    stored = stored_at(version.location)
    if stored is not None and stored[1] == source.job.name:
        return inside(Path(task.run.artifacts), stored[2])
    if stored is not None and stored[1].startswith(LOGGED):
        logged = models(storage).logged(version.location, task.run.id)
        return folder_of(logged, storage.home.mlflow / ARTIFACTS)
    why = f"its files are at {version.location or 'no known place'}, which is not of its job {source.job.name}"
    raise cannot(version, why, "register it from the outputs of the job, then reproduce that version")
