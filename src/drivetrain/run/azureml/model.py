"""Jobs of Azure Machine Learning as a home keeps them, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from drivetrain.definition.azureml.model import JobKind


class JobStatus(StrEnum):
    """How far a job is, in Azure's words.

    https://learn.microsoft.com/rest/api/azureml/jobs/get#jobstatus
    """

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def final(self) -> bool:
        """Whether it stays so."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED)


class AzureJob(Struct, frozen=True):
    """A job of a workspace. How far it is, its pipeline run says."""

    workspace: str
    """Its workspace's GUID."""
    name: str
    """Also the id of its training run in MLflow."""
    kind: JobKind
    experiment: str
    body: Mapping[str, Any] = field(default_factory=dict)
    """`properties` of REST as clients see them, without what is worked out: status, services, isArchived."""
    parent: str = ""
    """The job that it is a part of; empty for one that was submitted by itself."""
    schedule: str = ""
    """The schedule that has submitted it."""
    archived: bool = False
    run_id: int | None = None
    """The pipeline run that carries it out; None when there is none, or when it was removed."""
    job: str = ""
    """The one job of that run that it is: stage, job and leg with dots; empty where it is the whole run."""
    status: JobStatus | None = None
    """How it ended, once its training run says so, too; None before."""
    reason: str = ""
    """Why it failed, for people."""
    started_at: str = ""
    """Of a job that has ended; else its run says so."""
    finished_at: str = ""
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""


class Progress(Struct, frozen=True):
    """How far a job is, worked out."""

    status: JobStatus
    reason: str = ""
    exit_code: int | None = None
    started_at: str = ""
    finished_at: str = ""
