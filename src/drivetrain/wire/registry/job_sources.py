"""Which job of Azure Machine Learning has made a version."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import NotFoundError
from drivetrain.plan.azureml.sweep.model import BEST_TRIAL
from drivetrain.registry.model import text_of
from drivetrain.run.azureml.ports import JobsWanted
from drivetrain.view.api.azure.arm.model_files import place_of
from drivetrain.view.api.azure.arm.model_shape import record_of
from drivetrain.view.api.azure.history.model import PROPERTY, WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.view.api.azure.arm.model_files import Place
    from drivetrain.wire.storage import Storage


REUSED_JOB = "azureml.reusedrunid"
"""The property of a step that names the job that had done the same before it."""


class Source(Struct, frozen=True):
    """A job, and the command in it that has made the version."""

    job: AzureJob
    """The command; the job itself where that is not known."""
    named: AzureJob
    """The job that the version is of: the same, or the pipeline or sweep that it is a part of."""


def source_of(storage: Storage, version: ModelVersion) -> Source | None:
    """Its training run is a job, or was made by one. None when no job of this home has made it."""
    training = storage.training_runs.get(version.training_run) if version.training_run else None
    with suppress(NotFoundError):
        if training is not None:
            named = storage.azure_jobs.get(training.tags.get(WORKSPACE, ""), training.id)
            return Source(_done_by(storage, _command(storage, version, named, training) or named), named)
    found = storage.azure_jobs.of_run(version.run_id) if version.run_id is not None else ()
    commands = [job for job in found if job.kind is JobKind.COMMAND]
    job = next((each for each in commands if len(commands) == 1 or each.job == version.job), None)
    return Source(job, job) if job else None


def _command(storage: Storage, version: ModelVersion, job: AzureJob, training: TrainingRun) -> AzureJob | None:
    if job.kind is JobKind.SWEEP:
        with suppress(NotFoundError):
            return storage.azure_jobs.get(job.workspace, training.tags.get(f"{PROPERTY}{BEST_TRIAL}", ""))
    place = place_of(record_of(version.tags).uri)
    if job.kind is not JobKind.PIPELINE or place is None:
        return None
    steps = storage.azure_jobs.list(job.workspace, JobsWanted(archived=None, parent=job.name, limit=1000)).jobs
    return next((each for each in steps if output_at(each, place) is not None), None)


def _done_by(storage: Storage, job: AzureJob) -> AzureJob:
    """The job whose results a step has taken over, as it was done before; else the job itself."""
    with suppress(NotFoundError):
        return storage.azure_jobs.get(job.workspace, text_of(job.body, "properties", REUSED_JOB))
    return job


def output_at(job: AzureJob, place: Place) -> tuple[str, str] | None:
    """The output of a job that a place in a datastore is, or is below of, and the path below it."""
    outputs: Mapping[str, object] = job.body.get("outputs") or {}
    for name in outputs:
        own = place_of(text_of(outputs, name, "uri"))
        if own and own.datastore and own.datastore == place.datastore and f"{place.path}/".startswith(f"{own.path}/"):
            return name, place.path.removeprefix(own.path).strip("/")
    return None
