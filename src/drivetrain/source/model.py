"""What happened at a source, and which happenings a pipeline wants: the first station's values."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from drivetrain.source.events import Cause


class Reason(StrEnum):
    """Why a run was started, in the words of `$(Build.Reason)`.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables-devops-services
    """

    MANUAL = "Manual"
    INDIVIDUAL_CI = "IndividualCI"
    BATCHED_CI = "BatchedCI"
    SCHEDULE = "Schedule"
    PULL_REQUEST = "PullRequest"
    RESOURCE_TRIGGER = "ResourceTrigger"


class Project(Struct, frozen=True):
    """A repository whose pipeline file is run when something is checked in."""

    id: int
    name: str
    url: str
    """An absolute local path, or a git URL."""
    branch: str
    """The default branch, short: `main`."""
    file: str = "azure-pipelines.yml"
    poll_seconds: float = 60.0
    """How often the repository is looked at without word from a hook; 0 = never."""
    created_at: str = ""
    connection: str = ""
    """The service connection that signs in to the repository; empty where its link names one, or git's own ways do."""


class Commit(Struct, frozen=True):
    """The commit that a run is about."""

    sha: str
    message: str = ""
    """The subject line."""
    author_name: str = ""
    author_email: str = ""


class RefUpdate(Struct, frozen=True):
    """A ref of a project moved: the event of a push. An all-zero or empty sha means the ref was not there."""

    project_id: int
    ref: str
    """In full: `refs/heads/main`, `refs/tags/v1`."""
    old_sha: str
    new_sha: str


class Patterns(Struct, frozen=True):
    """Include and exclude lists as `trigger` has them; empty include means everything."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class CiTrigger(Struct, frozen=True):
    """`trigger:` of a pipeline file. Without one, every branch triggers.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/trigger
    """

    enabled: bool = True
    batch: bool = False
    branches: Patterns = field(default_factory=Patterns)
    paths: Patterns = field(default_factory=Patterns)
    tags: Patterns = field(default_factory=Patterns)


class PrTrigger(Struct, frozen=True):
    """`pr:` of a pipeline file. Without one, a pull request into every branch triggers.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pr
    """

    enabled: bool = True
    auto_cancel: bool = True
    """Whether a new commit of the pull request cancels its run that is still going on."""
    branches: Patterns = field(default_factory=Patterns)
    paths: Patterns = field(default_factory=Patterns)
    drafts: bool = True


class Schedule(Struct, frozen=True):
    """One of `schedules:` of a pipeline file.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/schedules-cron
    """

    cron: str
    """Minute, hour, day, month and day of the week, in UTC."""
    display_name: str = ""
    branches: Patterns = field(default_factory=Patterns)
    batch: bool = False
    """Not while the run of this schedule before it is still going on."""
    always: bool = False
    """Also when nothing has changed since the last scheduled run that succeeded."""


class SourceEvent(Struct, frozen=True):
    """Something that has happened at a source, was taken in, and waits to be looked at, or has been."""

    id: int
    update: RefUpdate
    reason: Reason
    received_at: str
    state: str = "new"
    """`new`, then `done`."""
    outcome: str = ""
    """What came of it, in words: which run, or why none."""
    run_id: int | None = None
    cause: Cause | None = None
    """What it is about; None for a push. `update` then names the ref and the commit that a run would have."""
    once: str = ""
    """The key under which it was taken in, such as the name of a hook's word for it; empty for what a look found."""


class LaunchOutcome(Struct, frozen=True):
    """What came of an event. `why` is for people and says which rule decided."""

    run_id: int | None
    why: str
    waits: bool = False
    """Nothing yet: the trigger says `batch`, and a run of the branch is not completed. Ask again later, together with
    what has been pushed since then."""


class Rule(Struct, frozen=True):
    """A line of the pipeline file that decided."""

    keys: tuple[str, ...]
    """The way to it: `trigger`, `branches`, `include`; a short form of the file may leave the last ones out."""
    pattern: str = ""
    """Which entry of the list; empty where it is no list."""


class Decision(Struct, frozen=True):
    """Whether a trigger wants what has happened, and which rule said so."""

    run: bool
    why: str
    rule: Rule | None = None
    """None when no line of the file did: it says nothing of this, or the answer lies elsewhere."""


class Push(Struct, frozen=True):
    """What a trigger looks at: the ref, what changed, and what the pushed commits say."""

    ref: str
    paths: tuple[str, ...]
    """Files that differ between the old and the new position, from the root of the repository."""
    messages: tuple[str, ...] = ()
    """The whole messages of the pushed commits."""
    deleted: bool = False
