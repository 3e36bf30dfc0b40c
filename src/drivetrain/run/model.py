"""Runs, stages, jobs and steps as they are while and after they happen: what the engine writes and views read."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct, field

from drivetrain.plan.model import ContainerPlan, StepPlan
from drivetrain.run.library.model import Connection, SecureFile
from drivetrain.source.events import Cause
from drivetrain.source.model import Commit, Reason

JOB_SPEC_VERSION = 1
HELD = "Waiting to be started by hand"


class State(StrEnum):
    """How far something is. What came of it is its result."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"


class Result(StrEnum):
    """What came of something completed, named as Azure names it."""

    SUCCEEDED = "Succeeded"
    SUCCEEDED_WITH_ISSUES = "SucceededWithIssues"
    FAILED = "Failed"
    CANCELED = "Canceled"
    SKIPPED = "Skipped"


_NOT_IN_FOLDERS = re.compile(rb"[^A-Za-z0-9_.-]")
LONGEST_FOLDER = 60
"""Characters of a job's name that its folder has: the folder is part of every path that the job's programs see, and
some systems take no more than 127 characters on the first line of a script."""


class JobRef(Struct, frozen=True, order=True):
    """A job of a run; `leg` is empty unless the job has a matrix."""

    stage: str
    job: str
    leg: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.stage, self.job, self.leg) if part)

    def folder(self, attempt: int) -> str:
        """The name of the folder of one attempt, below the run's folder.

        Legs may have any signs in their names, and many a program cannot live in a folder with a blank in its name.
        """
        name = _NOT_IN_FOLDERS.sub(
            lambda sign: b"~%02X" % sign[0][0], str(self).encode("utf-8", "surrogatepass")
        ).decode("ascii")
        if len(name) > LONGEST_FOLDER:
            import hashlib  # noqa: PLC0415 - brings OpenSSL; few names are so long

            name = f"{name[: LONGEST_FOLDER - 17]}~{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"
        return f"{name}.{attempt}"


class RepositorySource(Struct, frozen=True):
    """Where a checkout comes from: of the pipeline's own repository, or of another."""

    name: str
    """`$(Build.Repository.Name)`."""
    uri: str
    """`$(Build.Repository.Uri)`: what the user named; may be shown."""
    fetch_from: str
    """A local git repository (mirror or snapshot) that holds the commit; read only."""
    ref: str
    """In full: `refs/heads/main`."""
    commit: Commit
    provider: str = "Git"
    """As Azure names it: `GitHub`, `TfsGit`, `Bitbucket`, `Svn`, ...; `AZURE_ML` for what no repository holds: a job of
    Azure Machine Learning, named by `uri`."""
    version: str = ""
    """What the repository itself calls the commit, where that is another word: a revision number of Subversion."""


AZURE_ML = "AzureML"
SUBVERSION = "Svn"


class Run(Struct, frozen=True):
    """A pipeline run: the row of the list of runs."""

    id: int
    """`$(Build.BuildId)`."""
    number: str
    """`$(Build.BuildNumber)`."""
    pipeline: str
    file: str
    reason: Reason
    source: RepositorySource
    requested_for: str
    requested_for_email: str = ""
    project_id: int | None = None
    """None for a run of a working tree."""
    project: str = ""
    state: State = State.PENDING
    result: Result | None = None
    created_at: str = ""
    started_at: str = ""
    finished_at: str = ""
    cancel_requested: bool = False
    cancel_by: str = ""
    """Who asked for it."""
    canceling: bool = False
    """The engine has taken the request up: what ran then was asked to end."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Set when the run was queued; they win over the file's. Never secrets."""
    tags: tuple[str, ...] = ()
    rerun_of: int | None = None
    checks_skipped_by: str = ""
    """Who started it without approvals and checks; empty when they count."""
    cause: Cause | None = None
    """What it is about, when that is no push: its pull request, its schedule, the run that started it."""
    restricted: bool = False
    """It is made of what a stranger wrote: it gets no secrets, no connections and no right to write."""
    waiting: bool = False
    """It is under way, but all that is left waits: a stage to be started by hand, or for its checks. Worked out from
    its stages when it is read."""


class EndedStage(Struct, frozen=True):
    """An earlier attempt at a stage."""

    attempt: int
    result: Result
    reason: str = ""
    started_at: str = ""
    finished_at: str = ""


class StageRecord(Struct, frozen=True):
    """One stage of a run: its newest attempt."""

    name: str
    display_name: str
    state: State = State.PENDING
    result: Result | None = None
    attempt: int = 1
    reason: str = ""
    started_at: str = ""
    finished_at: str = ""
    started_by: str = ""
    """Who started it by hand; empty for a stage that starts by itself."""
    earlier: tuple[EndedStage, ...] = ()
    """Attempts before this one, oldest first: the run was opened again."""

    @property
    def held(self) -> bool:
        """Whether its condition held, and it waits for somebody to start it."""
        return self.state is State.PENDING and self.reason == HELD

    @property
    def begun(self) -> bool:
        """Whether it runs."""
        return self.state is State.RUNNING

    @property
    def waiting(self) -> bool:
        """Whether its condition held, and it waits for somebody, or for its checks; `reason` says for what."""
        return self.state is State.PENDING and bool(self.reason)


class DecidedLeg(Struct, frozen=True):
    """What of a leg was decided when its job became ready, because the file says it with an expression."""

    variables: Mapping[str, str] = field(default_factory=dict)
    max_parallel: int = 0
    """How many legs of the job may run at once: the same for all of them."""


class JobRecord(Struct, frozen=True):
    """One attempt at one leg of a job."""

    ref: JobRef
    attempt: int
    display_name: str
    state: State = State.PENDING
    result: Result | None = None
    reason: str = ""
    """Why it was skipped, failed without a failed step, or was canceled; for people."""
    started_at: str = ""
    finished_at: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """`step.variable` -> value; secret values are sealed, and named in `secret_outputs`."""
    secret_outputs: tuple[str, ...] = ()
    journal_offset: int = 0
    """Bytes of the job's journal that the engine has taken in."""
    outcome: Result | None = None
    """The result before `continueOnError`; None in rows of older versions, where it is the result."""
    decided: DecidedLeg | None = None
    first: int = 1
    """The attempt that the present attempt at the stage began with; each one after it is for a runner that was lost."""
    stage_attempt: int = 1
    """Of which attempt at the stage it is: `System.StageAttempt`."""
    phase_attempt: int = 1
    """How often the job as a whole was attempted: `System.PhaseAttempt`."""


class StepRecord(Struct, frozen=True):
    """One step of one attempt at a job."""

    job: JobRef
    attempt: int
    index: int
    """From 1, in the order in which they run; what tasks do before and after the job has an index of its own."""
    name: str
    display_name: str
    task: str = ""
    state: State = State.PENDING
    result: Result | None = None
    outcome: Result | None = None
    """The result before `continueOnError`."""
    exit_code: int | None = None
    reason: str = ""
    tries: int = 1
    percent: int | None = None
    started_at: str = ""
    finished_at: str = ""


class Issue(Struct, frozen=True):
    """An error or warning that a step or the engine reported."""

    type: str
    """`error` or `warning`."""
    message: str
    job: JobRef | None = None
    attempt: int = 1
    step: int | None = None
    file: str = ""
    line: int = 0
    column: int = 0
    code: str = ""
    stage: str = ""
    """The stage that it is about; `attempt` is the stage's when there is no job."""


class ArtifactLabel(Struct, frozen=True):
    """What is known of an artifact beside its files."""

    kind: str = "pipeline"
    """`pipeline`, `container` (PublishBuildArtifacts), or what `artifact.associate` calls it."""
    job: str = ""
    """The job that published it: stage, job and leg with dots."""
    attempt: int = 1
    location: str = ""
    """Where it lies when it does not lie here."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """What the publishing step says of it; names begin with `user-`."""


class Artifact(Struct, frozen=True):
    """Something a job published. `kind` is as in its label."""

    name: str
    kind: str
    job: JobRef
    files: int = 0
    size: int = 0
    """Bytes."""
    created_at: str = ""
    location: str = ""
    """Where it lies when it does not lie here."""
    properties: Mapping[str, str] = field(default_factory=dict)
    removed_at: str = ""
    """When its files were removed, by the rules of retention; empty while they are there."""


class Timeline(Struct, frozen=True):
    """Everything about a run that its page shows, except logs."""

    run: Run
    stages: tuple[StageRecord, ...] = ()
    jobs: tuple[JobRecord, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    issues: tuple[Issue, ...] = ()
    artifacts: tuple[Artifact, ...] = ()


class JobVariable(Struct, frozen=True):
    """A variable as a job starts with it; secrets are not among them."""

    name: str
    value: str
    readonly: bool = False


class JobSpec(Struct, frozen=True):
    """All that a runner is told, written to `job.json` in the job's folder. No secrets: these come by its
    standard input (`JobSecrets`). The same document would go to a remote runner."""

    run_id: int
    number: str
    ref: JobRef
    attempt: int
    display_name: str
    stage_display_name: str
    steps: tuple[StepPlan, ...]
    variables: tuple[JobVariable, ...]
    """Flat and in order, a later one wins: root, stage, job, leg, queued, predefined (Build.*, System.*)."""
    source: RepositorySource
    artifacts: str
    """The folder of the run's published artifacts."""
    home: str
    """The home folder, for caches and environments."""
    timeout_minutes: str = "60"
    cancel_timeout_minutes: str = "5"
    workspace_clean: str = ""
    server_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Extra environment variables of every step, such as MLFLOW_TRACKING_URI."""
    keep_work: str = "failed"
    """When the work folder outlives the job: `always`, `failed`, `never`."""
    other_projects: bool = True
    """Whether it may take artifacts from runs of other pipelines."""
    repositories: Mapping[str, RepositorySource] = field(default_factory=dict)
    """Where the checkouts of other repositories come from, by alias."""
    container: ContainerPlan | None = None
    """What its steps run in; None for this machine."""
    services: Mapping[str, ContainerPlan] = field(default_factory=dict)
    """Containers beside it, by the name that they have on its network."""
    containers: Mapping[str, ContainerPlan] = field(default_factory=dict)
    """Those that targets of its steps name, by alias."""
    restricted: bool = False
    """See Run."""
    containers_mode: str = "engine"
    """`host`: whatever it says of containers, the job runs on this machine."""
    server: bool = False
    """A job of the server: it has no workspace."""
    azure: str = ""
    """Where its Azure is (run/azure.py); empty where no server says so."""
    version: int = JOB_SPEC_VERSION


class JobSecrets(Struct, frozen=True):
    """What may not be written down: given to the runner over a pipe as JSON."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """Secret variables: usable as `$(name)`, never in the environment unless mapped."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of every step that are secret themselves, such as MLFLOW_TRACKING_TOKEN."""
    masks: tuple[str, ...] = ()
    """More texts to mask in logs: secret outputs of other jobs that are part of this job's secret variables."""
    connections: Mapping[str, Connection] = field(default_factory=dict)
    """The service connections that its steps name, by the name that they are called by."""
    secure_files: Mapping[str, SecureFile] = field(default_factory=dict)
    """The secure files that its steps name, by the name that they are called by."""
    vaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The secrets of the local key vaults that its steps name (run/library/handing.py)."""

    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """User names and passwords by which git signs in where its repositories are, by scheme and host."""

    def hidden(self) -> Iterator[str]:
        """Every text to mask from the start. Secrets of vaults are masked once a step has asked for them."""
        yield from self.variables.values()
        yield from self.environment.values()
        yield from self.masks
        for connection in self.connections.values():
            yield from (connection.parameters[name] for name in connection.secret)
        for login in self.logins.values():
            yield from (login[1], basic(login))


def basic(login: tuple[str, str]) -> str:
    """What follows `Authorization: Basic`. https://www.rfc-editor.org/rfc/rfc7617"""
    return b2a_base64(":".join(login).encode(), newline=False).decode()


KEPT_ENVIRONMENT = "environment.json"
"""Beside the work folder of a failed job: a `KeptEnvironment` as JSON."""


class KeptEnvironment(Struct, frozen=True):
    """Where the step stood that failed, for whoever wants to look around there. Secrets are left out."""

    step: str
    """Its display name."""
    folder: str
    """Its working directory."""
    environment: Mapping[str, str]
    withheld: tuple[str, ...] = ()
    """Names of environment variables that hold a secret."""
