"""What the routes of jobs ask of whoever carries jobs out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from drivetrain.definition.azureml.model import JobHead, JobKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.plan.azureml.model import TrackedRun
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob, Progress


REUSED = "azureml.isreused"
"""The property of a step that was not run, because another job has done the same."""


class Submission(Struct, frozen=True):
    """A job that was read and looked up, and can be carried out."""

    name: str
    kind: JobKind
    head: JobHead
    parent: str = ""
    schedule: str = ""
    variables: Mapping[str, str] = {}
    """Of the pipeline run that carries it out."""
    outputs: Mapping[str, Mapping[str, str]] = {}
    """What clients are told of its outputs: where they will lie."""
    content: Any = None
    """What the kind needs to launch it."""
    properties: Mapping[str, Any] = {}
    """Of a step of a pipeline job: the body that it would have as a job of its own."""
    steps: tuple[Submission, ...] = ()
    """Of a pipeline job, every one after those that it waits for."""


class Tracked(Struct, frozen=True):
    """A submission with its training run, and the properties that it is shown with."""

    submission: Submission
    run: TrackedRun
    body: Mapping[str, Any]


class JobDesk(Protocol):
    """Carries jobs out. No call needs an event loop; each may block for as long as the database does."""

    def read(self, workspace: Workspace, name: str, properties: object, granted: frozenset[str] = ...) -> Submission:
        """A body, checked and looked up. `granted` are training runs and logged models of others whose artifacts it may
        name. Raises UserError and NotFoundError, naming the field.
        """
        ...

    def hold(self, workspace: Workspace, submission: Submission, before: AzureJob) -> Submission:
        """The submission of a command with the environment, code and inputs that another job had, as far as they are
        known. Raises UserError for what cannot be done again here.
        """
        ...

    def launch(self, workspace: Workspace, job: Tracked, *, by: str, steps: Sequence[Tracked] = ()) -> AzureJob:
        """Have it carried out: kept with its body, and queued. Raises ConflictError when there is one of that name."""
        ...

    def adopt(self, workspace: Workspace, job: AzureJob) -> AzureJob:
        """Find the run of a job that was being submitted when the server was killed; without one it has failed."""
        ...

    def progress(self, job: AzureJob) -> Progress:
        """How far a job is."""
        ...

    def cancel(self, job: AzureJob, *, by: str) -> None:
        """Ask it to end, and what it has begun; nothing for one that has ended."""
        ...

    def end_failed(self, run_id: int) -> None:
        """End the pipeline job that a run carries out when a step of it has failed, unless it is to go on then."""
        ...
