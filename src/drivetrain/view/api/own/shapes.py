"""The JSON of our own API: what clients may rely on. Times are ISO 8601 in UTC; sizes are bytes."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ErrorBody(BaseModel):
    """What went wrong, and what to do next."""

    code: str
    message: str
    hint: str = ""


class ErrorDocument(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorBody


class CommitShape(BaseModel):
    """The commit that a run is about."""

    sha: str
    message: str
    author: str
    author_email: str


class RunShape(BaseModel):
    """A pipeline run."""

    id: int
    number: str
    pipeline: str
    file: str
    project: str
    reason: str
    branch: str
    """The ref in full."""
    repository: str
    commit: CommitShape
    requested_for: str
    state: str
    result: str | None
    waiting: bool
    """It is running, but all that is left waits: for somebody to start a stage, or for checks."""
    cancel_requested: bool
    created_at: str
    started_at: str
    finished_at: str
    parameters: dict[str, object]
    variables: dict[str, str]
    tags: list[str]
    url: str
    """The run's page, relative to the server."""


class RunPage(BaseModel):
    """Runs, newest first, and where the next page begins."""

    runs: list[RunShape]
    next_before: int | None
    """Ask again with `before=` this; null at the end."""


class EndedStageShape(BaseModel):
    """An earlier attempt at a stage."""

    attempt: int
    result: str
    reason: str
    started_at: str
    finished_at: str


class StageShape(BaseModel):
    """A stage of a run."""

    name: str
    display_name: str
    state: str
    result: str | None
    attempt: int
    reason: str
    """While it is pending: what it waits for, if its turn has come."""
    started_at: str
    finished_at: str
    earlier: list[EndedStageShape]
    """Attempts before this one, oldest first."""


class StepShape(BaseModel):
    """A step of an attempt at a job."""

    index: int
    name: str
    display_name: str
    task: str
    state: str
    result: str | None
    outcome: str | None
    exit_code: int | None
    reason: str
    tries: int
    percent: int | None
    started_at: str
    finished_at: str
    log: str
    """The address of its log's lines, relative to the server."""


class JobShape(BaseModel):
    """An attempt at a leg of a job."""

    key: str
    """Its name in addresses."""
    stage: str
    job: str
    leg: str
    attempt: int
    stage_attempt: int
    """Of which attempt at the stage it is."""
    display_name: str
    state: str
    result: str | None
    reason: str
    started_at: str
    finished_at: str
    outputs: dict[str, str]
    """Secret ones are left out."""
    steps: list[StepShape]


class IssueShape(BaseModel):
    """An error or a warning."""

    type: str
    message: str
    job: str | None
    """The key of the job."""
    step: int | None
    file: str
    line: int
    column: int
    code: str


class ArtifactShape(BaseModel):
    """A published artifact."""

    key: str
    """Its name in addresses."""
    name: str
    kind: str
    files: int
    size: int
    created_at: str
    location: str
    """Where it lies when it does not lie here."""
    properties: dict[str, str]
    removed_at: str
    """When its files were removed; empty while they are there."""


class LeaseShape(BaseModel):
    """Somebody keeps a run, whatever the rules of retention say."""

    id: int
    reason: str
    by: str
    created_at: str
    until: str
    """Empty for ever."""


class KeepRequest(BaseModel):
    """How to keep a run."""

    reason: str = Field("", max_length=1000)
    days: int = Field(0, ge=0, le=99999)
    """0 is for ever."""


class FateShape(BaseModel):
    """What the rules of retention do to a run, or to a part of it, and when."""

    run: int
    number: str
    pipeline: str
    branch: str
    what: str
    """`run`, `artifacts` or `work`."""
    at: str | None
    """None for never."""
    why: str


class AttachmentShape(BaseModel):
    """A file that a step has handed over by a logging command."""

    number: int
    """Its name in addresses."""
    job: str
    attempt: int
    step: int
    type: str
    name: str
    size: int


class CacheUseShape(BaseModel):
    """What the task Cache found for a key, or kept under it."""

    job: str
    attempt: int
    step: int
    key: str
    """With hashes in place of files."""
    word: str
    """`hit`, `inexact`, `miss`; `saved`, or `there` when there was an entry already."""
    size: int
    """Bytes that were restored."""


class TimelineShape(BaseModel):
    """Everything about a run, except logs."""

    run: RunShape
    stages: list[StageShape]
    jobs: list[JobShape]
    issues: list[IssueShape]
    artifacts: list[ArtifactShape]


class EventShape(BaseModel):
    """One entry of a run's event stream."""

    seq: int
    time: str
    type: str
    data: dict[str, object]


class EventPage(BaseModel):
    """Events in order; ask again with `after=` the last seq."""

    events: list[EventShape]


class LogWindowShape(BaseModel):
    """Some lines of a log: each line is `[kind, milliseconds since 1970 or null, [[text, style], ...]]`."""

    start: int
    """The number of the first line, from 1."""
    total: int
    size: int
    complete: bool
    """Whether the step has ended, so that the log grows no more."""
    lines: list[tuple[str, int | None, list[tuple[str, str]]]]


class OutlineShape(BaseModel):
    """Foldable groups (first and last line) and numbers of marked lines."""

    groups: list[tuple[int, int]]
    errors: list[int]
    warnings: list[int]


class HitsShape(BaseModel):
    """Numbers of the lines that contain a text."""

    lines: list[int]
    more: bool


class ArtifactFileShape(BaseModel):
    """A file of an artifact."""

    path: str
    size: int


class ArtifactFiles(BaseModel):
    """The files of an artifact, by path."""

    files: list[ArtifactFileShape]


class TrainingRunShape(BaseModel):
    """A training run, as last read back from MLflow."""

    id: str
    pipeline_run_id: int | None
    job: str
    experiment_id: str
    experiment: str
    name: str
    status: str
    started_at: str
    finished_at: str
    params: dict[str, str]
    metrics: dict[str, float | None]
    """Null for a value that JSON has no number for."""
    tags: dict[str, str]
    url: str
    """MLflow's page, relative to the server."""


class TrainingRunPage(BaseModel):
    """Training runs."""

    training_runs: list[TrainingRunShape]


class ProjectShape(BaseModel):
    """A repository whose pipeline runs when something is checked in."""

    id: int
    name: str
    url: str
    branch: str
    file: str
    watch: str
    checked_at: str
    problem: str


class ProjectPage(BaseModel):
    """All projects."""

    projects: list[ProjectShape]


class QueueShape(BaseModel):
    """A run to be started by hand."""

    branch: str = ""
    """Empty = the project's default branch."""
    commit: str = ""
    """Empty = the branch's newest."""
    parameters: dict[str, object] = {}
    variables: dict[str, str] = {}
    stages_to_skip: list[str] = []
    """Names of stages that are left out."""
    pull_request: int = Field(default=0, ge=0, le=2**31)
    """The number of a pull request whose merge is run, in place of a branch: whatever its triggers say."""
