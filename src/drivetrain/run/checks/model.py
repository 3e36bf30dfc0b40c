"""Approvals and checks: what keeps a stage from starting although its condition holds.

They are kept outside the files, at the resources that a stage uses.
https://learn.microsoft.com/azure/devops/pipelines/process/approvals
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from drivetrain.plan.model import ResourceKind
from drivetrain.run.model import JobRef, Result


class Gate(Struct, frozen=True):
    """Where the gate of a stage stands."""

    open: bool = False
    """Every check has passed, and the stage may begin."""
    result: Result | None = None
    """Set when a check has failed for good: the stage never runs, and this is its result."""
    reason: str = ""
    """For people: what is waited for, or why it was refused."""
    look_again: str = ""
    """When it may change without anybody doing anything, as a timestamp: a business hour, a timeout, another try.
    Empty when only a decision, the end of another run, or a change of a check can change it."""
    events: tuple[tuple[str, Mapping[str, object]], ...] = field(default=())
    """What is new since the last look, for the run's event stream: (type, data); `stage` is added to the data."""


OPEN = Gate(open=True)


class Resource(Struct, frozen=True, order=True):
    """A protected resource: what a check belongs to."""

    kind: ResourceKind
    name: str
    project: str = ""
    """The project whose resource it is; empty for the resource of this name in the home and in every project."""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Category(IntEnum):
    """The order in which checks are looked at: those of a category when all before it have passed.

    https://learn.microsoft.com/azure/devops/pipelines/process/approvals
    """

    STATIC = 1
    BEFORE = 2
    """Approvals that come before the dynamic checks."""
    DYNAMIC = 3
    AFTER = 4
    """Approvals that come after the dynamic checks."""
    LOCK = 5


class Check(Struct, frozen=True):
    """A check as it is set at a resource."""

    id: int
    resource: Resource
    type: str
    """A name of `run/checks/kinds.py`, such as `approval`."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """As JSON, every setting with its value, defaults filled in."""
    created_at: str = ""
    created_by: str = ""


class CheckState(StrEnum):
    """Where a check stands for one attempt at a stage."""

    WAITING = "waiting"
    """Its category's turn has not come."""
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMED_OUT = "timedOut"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    """The gate closed before it came to an end, or checks were skipped."""


ENDED = frozenset({CheckState.FAILED, CheckState.REJECTED, CheckState.TIMED_OUT, CheckState.CANCELED})
"""A check in one of these closes the gate for good."""


class GateWord(Struct, frozen=True):
    """What a gate of models has said of a version, as far as checks care."""

    id: int
    gate: str
    model: str
    candidate: str
    """NAME:VERSION."""
    passed: bool
    rules: str = ""
    """`sha256:...` of the rules that were asked."""
    reason: str = ""
    """Why it did not pass."""


class CheckRun(Struct, frozen=True):
    """A check as it is carried out for one attempt at a stage. Its settings are those of the moment at which the stage
    began to wait: a change comes into force with the next attempt, as on Azure.
    """

    check: Check
    state: CheckState = CheckState.WAITING
    reason: str = ""
    started_at: str = ""
    finished_at: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    """What the kind keeps between two looks: answers of a REST API, ..."""

    @property
    def title(self) -> str:
        """How people are told of it: `approval of environment:staging`."""
        return f"{self.check.type} of {self.check.resource}"


class GateRecord(Struct, frozen=True):
    """The gate of one attempt at a stage with its checks, kept for ever."""

    run_id: int
    stage: str
    attempt: int
    checks: tuple[CheckRun, ...] = ()
    open: bool = False
    result: Result | None = None
    reason: str = ""
    created_at: str = ""
    finished_at: str = ""

    @property
    def closed(self) -> bool:
        """Whether its answer is final."""
        return self.open or self.result is not None


class ApprovalState(StrEnum):
    """Where a question to people stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timedOut"
    OVER = "over"
    """Nobody has to answer any more: the stage or job has ended otherwise."""


class Decision(Struct, frozen=True):
    """What somebody decided, kept for ever."""

    by: str
    approve: bool
    comment: str = ""
    at: str = ""
    acting: str = ""
    """Who was at the keyboard, where that is another name than `by`."""


class Approval(Struct, frozen=True):
    """A question to people: of an approval check, or of a step ManualValidation."""

    id: int
    run_id: int
    stage: str
    attempt: int
    """Of the stage."""
    check_id: int = 0
    """The check that asks; 0 for a step."""
    job: JobRef | None = None
    job_attempt: int = 0
    step: int = 0
    subject: str = ""
    """What it is about, for people: `environment:staging`, or the step's title."""
    approvers: tuple[str, ...] = ()
    """Empty: anybody who may use this home."""
    minimum: int = 0
    """How many of them have to approve; 0 for all."""
    in_order: bool = False
    requester_may_approve: bool = True
    requested_for: str = ""
    """Who asked for the run."""
    instructions: str = ""
    state: ApprovalState = ApprovalState.PENDING
    created_at: str = ""
    deadline: str = ""
    """When it is answered by itself; empty for never."""
    finished_at: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def able(self) -> tuple[str, ...]:
        """The approvers who may decide: without the one who asked for the run, where that is so."""
        if self.requester_may_approve:
            return self.approvers
        return tuple(name for name in self.approvers if name.casefold() != self.requested_for.casefold())

    @property
    def needed(self) -> int:
        """How many approvals it takes."""
        return self.minimum or max(1, len(self.able))


class Waiting(Struct, frozen=True):
    """A question that waits, and what of its run people want to know before they answer."""

    approval: Approval
    number: str
    pipeline: str
    project: str
    branch: str
    commit: str
    message: str


class Answer(Struct, frozen=True):
    """What a REST API answered to a check."""

    passed: bool
    at: str
    status: int = 0
    """The HTTP status; 0 when there was no answer."""
    text: str = ""
    """The beginning of what it sent, or why nothing came."""


class LockState(StrEnum):
    """What asking for exclusive locks came to."""

    HELD = "held"
    WAITING = "waiting"
    SUPERSEDED = "superseded"
    """A newer run of the same pipeline waits for the same lock."""


class LockAnswer(Struct, frozen=True):
    """What asking came to, and who is in the way."""

    state: LockState
    run_id: int = 0
    stage: str = ""
