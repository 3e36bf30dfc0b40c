"""What the run station needs from outside, as Protocols. Each has a contract test in tests/contracts/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from drivetrain.errors import Problem
    from drivetrain.plan.model import Plan
    from drivetrain.run.checks.model import Approval
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import (
        Artifact,
        ArtifactLabel,
        JobRecord,
        JobRef,
        JobSecrets,
        RepositorySource,
        Result,
        Run,
        StageRecord,
        State,
        StepRecord,
    )
    from drivetrain.run.reports.ports import NewCoverage, NewTests
    from drivetrain.source.events import Cause
    from drivetrain.source.model import Reason


class NewRun(Struct, frozen=True):
    """What is known of a run before it has an id and a number."""

    pipeline: str
    file: str
    reason: Reason
    source: RepositorySource
    requested_for: str
    requested_for_email: str = ""
    project_id: int | None = None
    source_event_id: int | None = None
    """The event that asked for it; at most one run is ever made for an event."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    starts: Sequence[str] = ()
    """Stages with `trigger: manual` that are to start by themselves in this run."""
    rerun_of: int | None = None
    checks_skipped_by: str = ""
    """Who wants no approvals and checks in this run."""
    problems: Sequence[Problem] = ()
    """What is wrong with its pipeline file; such a run has no plan, and these become its issues."""
    cause: Cause | None = None
    """What it is about, when that is no push: its pull request, its schedule, the run that started it."""
    restricted: bool = False
    """It is made of what a stranger wrote: it gets no secrets, no connections and no right to write."""


class RunChange(Struct, frozen=True):
    """Columns of the run row to change; None leaves one as it is."""

    state: State | None = None
    result: Result | None = None
    number: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    add_tags: Sequence[str] = ()
    canceling: bool | None = None
    reopened: bool = False
    """It has no result and no end any more, and nobody has asked to cancel it, or to start those of the stages written
    with it that nobody is said to have started."""


class DecidedLegs(Struct, frozen=True):
    """The row of a job whose legs were not known gives way to those of its legs, in its place in the order."""

    placeholder: JobRef
    legs: Sequence[JobRecord]


class Changes(Struct, frozen=True):
    """Rows to write together with events, in one transaction. Rows are whole: an upsert by their key."""

    run: RunChange | None = None
    stages: Sequence[StageRecord] = ()
    jobs: Sequence[JobRecord] = ()
    steps: Sequence[StepRecord] = ()
    artifacts: Sequence[Artifact] = ()
    decided: Sequence[DecidedLegs] = ()
    """Written after `jobs`."""
    reports: Sequence[NewTests | NewCoverage] = ()
    validations: Sequence[Approval] = ()
    """What steps ask of people, or that they do not any more."""


class Counter(Protocol):
    """`counter(prefix, seed)` for one run."""

    def __call__(self, prefix: str, seed: int, /) -> int:
        """The seed for the pipeline's first run with this prefix, then one more for each run."""
        ...


class Number(Protocol):
    """Names a run."""

    def __call__(self, run_id: int, revision: int, counter: Counter, /) -> str:
        """The name. Raises UserError when it is not a legal one."""
        ...


class RunStore(Protocol):
    """Runs, their rows and their events. Every call is one transaction."""

    def create(self, new: NewRun, plan: Plan | None, *, number_key: str, number: Number) -> Run:
        """Insert a pending run. `number(run_id, revision, counter)` names it; `revision` counts from 1 per pipeline and
        `number_key` (the name without `$(Rev:r)`). Writes `run.queued`. Raises ConflictError when
        `source_event_id` already has a run, NotFoundError when `starts` names no stage that is started by hand;
        nothing is counted then."""
        ...

    def of_event(self, source_event_id: int) -> int | None:
        """The run that an event has started, None when it has started none."""
        ...

    def get(self, run_id: int) -> Run:
        """The run. Raises NotFoundError."""
        ...

    def plan(self, run_id: int) -> Plan | None:
        """The plan it was created with; None when its file could not be read."""
        ...

    def unfinished(self) -> Sequence[int]:
        """Ids of runs that are not completed, oldest first."""
        ...

    def stages(self, run_id: int) -> Sequence[StageRecord]:
        """The stages, in plan order."""
        ...

    def jobs(self, run_id: int) -> Sequence[JobRecord]:
        """All attempts of all jobs, in plan order, attempts ascending."""
        ...

    def steps(self, run_id: int) -> Sequence[StepRecord]:
        """All steps of all attempts, by job in plan order, then index."""
        ...

    def record(self, run_id: int, events: Sequence[RunEvent], changes: Changes) -> None:
        """Append events (their seq must follow the last one) and write the rows. Raises ConflictError when seq
        does not follow: somebody else drives this run."""
        ...

    def events(self, run_id: int, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """Events with seq greater than `after`."""
        ...

    def last_seq(self, run_id: int) -> int:
        """The seq of the newest event, 0 when there is none."""
        ...

    def request_cancel(self, run_id: int, *, by: str = "") -> None:
        """Mark the run to be canceled. Raises NotFoundError, ConflictError when it is completed."""
        ...

    def request_start(self, run_id: int, stage: str, *, by: str = "") -> None:
        """Start a stage by hand, also before its turn; its name in any case. Doing it again is harmless. Raises
        NotFoundError when there is no such run or stage, ConflictError when it starts by itself or is completed."""
        ...

    def starts(self, run_id: int) -> Mapping[str, str]:
        """Stages that were started by hand, and by whom."""
        ...

    def counter(self, run_id: int, prefix: str, seed: int) -> int:
        """`counter(prefix, seed)`: the seed for the pipeline's first run with this prefix, then one more for each
        run; the same run always gets the same."""
        ...

    def version(self) -> int:
        """A number that changes whenever another connection has written; cheap, for polling."""
        ...


class Executor(Protocol):
    """Starts runners and knows whether they live. A runner outlives the process that started it.

    Order of calls: `start` once per attempt; `alive` and `cancel` any time; `reap` after the end.
    """

    def start(self, job_dir: Path, secrets: JobSecrets) -> None:
        """Start a runner for the `job.json` in `job_dir`, detached. Idempotent: a second start of the same folder
        does nothing, because a runner that finds the folder's lock taken or its journal begun ends at once."""
        ...

    def alive(self, job_dir: Path) -> bool:
        """Whether a runner holds the folder's lock. False before it took it and after it ended."""
        ...

    def cancel(self, job_dir: Path, reason: str) -> None:
        """Ask the runner to cancel the job; it answers in the journal."""
        ...

    def reap(self, job_dir: Path) -> None:
        """End every process that a dead runner left behind (they carry the folder in DRIVETRAIN_JOB_DIR), and the
        runner itself if it lives."""
        ...

    def release(self, job_dir: Path) -> None:
        """The job is over: what is kept for it here (not in the folder) can go."""
        ...

    def endings(self) -> Collection[int]:
        """File descriptors that become readable when a runner that was started here ends, for a driver to wait on.
        They are open until `release`, and the same runner is not waited for twice. Empty where there is no such word.
        """
        ...


class Vault(Protocol):
    """Seals secrets, so that they can be written down."""

    def seal(self, text: str) -> str:
        """The sealed form: printable, on one line."""
        ...

    def open(self, sealed: str) -> str:
        """The text again. Raises CorruptError when it was not sealed here."""
        ...


class TokenStore(Protocol):
    """Per-job bearer tokens (System.AccessToken, MLFLOW_TRACKING_TOKEN); only their hashes are kept."""

    def issue(self, run_id: int, job: JobRef, attempt: int) -> str:
        """A new token for a job attempt."""
        ...

    def revoke(self, run_id: int, job: JobRef, attempt: int) -> None:
        """The job has ended: its tokens no longer open anything."""
        ...


class ArtifactSink(Protocol):
    """Where a job's artifacts go and come from. Names and paths are hostile."""

    def publish(self, name: str, path: Path, label: ArtifactLabel = ...) -> tuple[int, int]:
        """Copy a file or folder in as artifact `name`, atomically; (files, bytes) of the whole artifact afterwards.

        A container takes files of later publishes into it, and a later attempt at a job replaces what an earlier one
        has published. Raises UserError on a bad name, a name that is taken, a missing path, or a link that leaves it.
        """
        ...

    def associate(self, name: str, label: ArtifactLabel) -> None:
        """Note an artifact that lies elsewhere. Raises UserError on a bad name, or one that is taken."""
        ...

    def download(
        self, name: str, target: Path, patterns: Sequence[str] = ("**",), *, named: bool = False
    ) -> Sequence[str]:
        """Copy out what matches; the paths of the files. `named`: patterns see the artifact's name before each path.
        Raises NotFoundError with the names there are, UserError on a link in `target` that leads out of it.
        """
        ...

    def sizes(self, name: str) -> Mapping[str, int]:
        """Every file's path and size in bytes. Raises NotFoundError."""
        ...

    def names(self) -> Sequence[str]:
        """The artifacts of this run."""
        ...

    def label(self, name: str) -> ArtifactLabel:
        """What is known of an artifact."""
        ...


class RunWanted(Struct, frozen=True):
    """Which completed run of a pipeline is wanted: the one that finished last of those that fit."""

    pipeline: str
    """Its name in any case, or its number (`System.DefinitionId`)."""
    branch: str = ""
    """In full, or short; empty for any."""
    tags: Sequence[str] = ()
    """All of which it must have."""
    results: Sequence[Result] = ()
    """Any of which it must have; empty for any."""
    number: str = ""
    """Its name; empty for any."""


class OtherRuns(Protocol):
    """The other runs of this home, as far as a job may see them."""

    def find(self, wanted: RunWanted) -> Run:
        """The run that finished last of those that fit. Raises NotFoundError."""
        ...

    def get(self, run_id: int) -> Run:
        """A run. Raises NotFoundError, also when it may not be seen."""
        ...

    def artifacts(self, run_id: int) -> ArtifactSink:
        """The artifacts of a run that `find` or `get` gave."""
        ...
