"""What the routes of jobs ask of whoever carries jobs out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from drivetrain.definition.azureml.model import JobHead, JobKind

if TYPE_CHECKING:
    from drivetrain.plan.azureml.model import TrackedRun
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob, Progress


class Submission(Struct, frozen=True):
    """A job that was read and looked up, and can be carried out."""

    name: str
    kind: JobKind
    head: JobHead
    parent: str = ""
    schedule: str = ""
    outputs: Mapping[str, Mapping[str, str]] = {}
    """What clients are told of its outputs: where they will lie."""
    content: Any = None
    """What the kind needs to launch it."""


class JobDesk(Protocol):
    """Carries jobs out. No call needs an event loop; each may block for as long as the database does."""

    def read(self, workspace: Workspace, name: str, properties: object) -> Submission:
        """A body, checked and looked up. Raises UserError and NotFoundError, naming the field."""
        ...

    def launch(self, workspace: Workspace, submission: Submission, run: TrackedRun, body: Any, *, by: str) -> AzureJob:
        """Have it carried out: kept with its body, and queued. Raises ConflictError when there is one of that name."""
        ...

    def progress(self, job: AzureJob) -> Progress:
        """How far a job is."""
        ...

    def cancel(self, job: AzureJob, *, by: str) -> None:
        """Ask it to end; nothing for one that has ended."""
        ...
