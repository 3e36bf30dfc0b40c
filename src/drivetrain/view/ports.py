"""What the pages and our own JSON API need from outside, as Protocols.

Every method may be called from any thread, several at once: a server answers requests from a pool of threads.
Everything that they return is hostile in its texts (branch names, messages, log lines, artifact names); views escape.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from drivetrain.record.retention.model import Lease

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drivetrain.record.retention.model import Fate
    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.checks.model import Approval, Check, GateRecord, Resource, Waiting
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import JobRef, Result, Run, State, Timeline
    from drivetrain.run.reopen import Again
    from drivetrain.source.model import Project


class RunFilter(Struct, frozen=True):
    """Which runs are wanted, newest first; an empty field does not filter."""

    project: str = ""
    pipeline: str = ""
    branch: str = ""
    """Short (`main`) or in full (`refs/heads/main`)."""
    commit: str = ""
    """A prefix of the sha."""
    text: str = ""
    """Part of the number, the commit message or the author's name; case does not matter."""
    state: State | None = None
    result: Result | None = None
    before: int | None = None
    """Only runs with a smaller id: the next page."""
    limit: int = 50
    local: bool = False
    """Only runs of a working tree."""


class FilterChoices(Struct, frozen=True):
    """What a filter can be set to."""

    projects: Sequence[str] = ()
    pipelines: Sequence[str] = ()
    branches: Sequence[str] = ()
    """In full: `refs/heads/main`."""
    folders: Sequence[str] = ()
    """Pipelines of working trees."""


class RunQueries(Protocol):
    """Reads runs; never changes anything."""

    def runs(self, wanted: RunFilter) -> Sequence[Run]:
        """The runs that match, newest first, at most `wanted.limit`."""
        ...

    def choices(self) -> FilterChoices:
        """What there is to filter by."""
        ...

    def timeline(self, run_id: int) -> Timeline:
        """Everything about one run. Raises NotFoundError."""
        ...

    def events(self, run_id: int, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """Events with seq greater than `after`."""
        ...


class LogLine(Struct, frozen=True):
    """One line of a log, without its line end, masked, repaired to valid text."""

    text: str
    time_ms: int | None = None
    """When it was written: milliseconds since 1970, if known."""


class LogText(Protocol):
    """One log, also while it grows."""

    @property
    def path(self) -> Path:
        """The file with the raw bytes, for download."""
        ...

    @property
    def size(self) -> int:
        """Bytes so far."""
        ...

    def line_count(self) -> int:
        """Lines so far; a last one without its line end counts."""
        ...

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        """At most `count` lines from line `start`; lines are counted from 1."""
        ...


class LogReader(Protocol):
    """Finds logs."""

    def open(self, run_id: int, job: JobRef, attempt: int, step: int) -> LogText | None:
        """The log of a step; None when there is none (yet, or any more)."""
        ...

    def attachment(self, run_id: int, job: JobRef, attempt: int, name: str) -> Path | None:
        """Where a file lies that a step has attached, by its name among the attachments of its job."""
        ...


class ArtifactFile(Struct, frozen=True):
    """A file in an artifact; `path` is relative to the artifact, with forward slashes."""

    path: str
    size: int


class ArtifactReader(Protocol):
    """Reads published artifacts. Nothing outside an artifact can be named, nor reached by a link."""

    def files(self, run_id: int, name: str) -> Sequence[ArtifactFile]:
        """The files, by path. Raises NotFoundError."""
        ...

    def locate(self, run_id: int, name: str, path: str) -> Path:
        """Where one of `files` lies. Raises NotFoundError."""
        ...

    def locations(self, run_id: int, name: str) -> Mapping[str, Path]:
        """Where each of `files` lies, by path. Raises NotFoundError."""
        ...


class TrainingRunQueries(Protocol):
    """Reads training runs; needs no MLflow."""

    def of_pipeline_run(self, pipeline_run_id: int) -> Sequence[TrainingRun]:
        """Those that a pipeline run made, oldest first."""
        ...

    def latest(self, limit: int = 200) -> Sequence[TrainingRun]:
        """The newest, newest first."""
        ...


class Watch(StrEnum):
    """How word of a push comes."""

    HOOK = "hook"
    HOST = "host"
    """By the host's deliveries, and by looking."""
    POLL = "poll"
    NONE = "none"


class ProjectStatus(Struct, frozen=True):
    """A project and how it is watched."""

    project: Project
    watch: Watch = Watch.NONE
    checked_at: str = ""
    """When its repository was last looked at."""
    problem: str = ""
    """Why it could not be, in words; empty when all is well."""


class ProjectQueries(Protocol):
    """Reads projects."""

    def projects(self) -> Sequence[ProjectStatus]:
        """All projects, by name."""
        ...


class QueueRequest(Struct, frozen=True):
    """A run that somebody asks for by hand."""

    project: str
    branch: str = ""
    """Short or in full; empty = the project's default branch."""
    commit: str = ""
    """Empty = the branch's newest."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    stages_to_skip: Sequence[str] = ()
    """Stages that are left out of the run; they count as satisfied for those that depend on them."""
    pull_request: int = 0
    """The number of a pull request whose merge is run, in place of a branch; 0 for none."""


class Questions(Struct, frozen=True):
    """What kept the stages of a run from starting, and what was asked of people."""

    gates: Sequence[GateRecord] = ()
    approvals: Sequence[Approval] = ()

    @property
    def waiting(self) -> list[Approval]:
        """Those that wait for somebody."""
        return [each for each in self.approvals if each.state == "pending"]


class Answer(Struct, frozen=True):
    """What somebody decides."""

    approve: bool
    by: str
    comment: str = ""
    stage: str = ""
    """Only of this stage; empty for all that waits in the run."""
    approval: int = 0
    """Only this question; 0 for all."""
    acting: str = ""
    """Who is at the keyboard."""


class Desk(Protocol):
    """Approvals and checks: what waits, who decides, what is set."""

    def waiting(self) -> Sequence[Waiting]:
        """Every question that waits, oldest first."""
        ...

    def of_run(self, run_id: int) -> Questions:
        """The gates of a run and what was asked in it."""
        ...

    def decide(self, run_id: int, answer: Answer) -> Sequence[Approval]:
        """Answer what waits. Raises NotFoundError when nothing was asked, ConflictError when it is over, or not this
        person's to answer."""
        ...

    def checks(self, resource: Resource | None = None) -> Sequence[Check]:
        """Every check, or those that are set at a resource; without what may be secret in them."""
        ...

    def add(self, resource: Resource, kind: str, settings: Mapping[str, object], *, by: str) -> Check:
        """Set a check. Raises UserError that names the setting which is wrong."""
        ...

    def remove(self, check_id: int) -> Check:
        """Take a check away. Raises NotFoundError."""
        ...


class Verbs(Protocol):
    """What a view may change. `by` is who asked, for the record."""

    def cancel(self, run_id: int, *, by: str) -> None:
        """Ask a run to end. Raises NotFoundError, ConflictError when it is completed."""
        ...

    def start(self, run_id: int, stage: str, *, by: str) -> None:
        """Start a stage with `trigger: manual`. Raises NotFoundError, ConflictError when it does not wait for that."""
        ...

    def rerun(self, run_id: int, *, by: str) -> Run:
        """Start the same commit and plan again, as a new run. Raises NotFoundError, ConflictError."""
        ...

    def reopen(self, run_id: int, again: Again, *, by: str) -> Run:
        """Run jobs that failed, or whole stages, of a completed run again, in the same run: earlier attempts are kept.
        Raises NotFoundError, ConflictError when it is not completed or there is nothing to run again."""
        ...

    def queue(self, request: QueueRequest, *, by: str) -> Run:
        """Start a run. Raises UserError (its message says what to do next)."""
        ...

    def tag(self, run_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Sequence[str]:
        """Give a run tags, and take some away, in any case; those that it has then. Raises NotFoundError, UserError."""
        ...


class RetentionDesk(Protocol):
    """Who keeps which run, and what the rules of retention come to."""

    def keep(self, run_id: int, *, reason: str, by: str, days: int = 0) -> Lease:
        """Keep a run for so many days or, with 0, for ever. Raises NotFoundError, ConflictError."""
        ...

    def unkeep(self, run_id: int) -> int:
        """Let the rules decide again; how many leases there were."""
        ...

    def leases(self, run_id: int) -> Sequence[Lease]:
        """Why and by whom a run is kept."""
        ...

    def every_lease(self) -> Sequence[Lease]:
        """All that have not run out, oldest first."""
        ...

    def end_lease(self, lease_id: int) -> None:
        """Take one lease away. Raises NotFoundError."""
        ...

    def outlook(self) -> Sequence[Fate]:
        """What happens to every completed run, and when; the soonest first."""
        ...


class NoRetention:
    """Where nothing is ever removed, nothing has to be kept."""

    def keep(self, run_id: int, *, reason: str, by: str, days: int = 0) -> Lease:
        """Kept it is."""
        del days
        return Lease(0, run_id, reason, by, "")

    def unkeep(self, run_id: int) -> int:
        """There is no lease."""
        del run_id
        return 0

    def leases(self, run_id: int) -> Sequence[Lease]:
        """There is none."""
        del run_id
        return ()

    def every_lease(self) -> Sequence[Lease]:
        """There is none."""
        return ()

    def end_lease(self, lease_id: int) -> None:
        """There is none to take away."""

    def outlook(self) -> Sequence[Fate]:
        """Nothing is removed."""
        return ()
