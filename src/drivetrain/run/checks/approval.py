"""Approvals: people look at what is to be deployed, and approve or reject it.

https://learn.microsoft.com/azure/devops/pipelines/process/approvals#approvals
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import ConflictError, UserError
from drivetrain.run.checks.facts import Finding, deadline, in_words
from drivetrain.run.checks.model import Approval, ApprovalState, Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun, Decision

TYPE = "approval"
TITLE = "Approval"
TIMEOUT_RESULT = Result.SKIPPED
""""If approval isn't completed within the specified timeout, the stage gets marked as skipped."""
MONTH = 43200
LONGEST = 10_000
WHEN = {"preCheck": Category.BEFORE, "check": Category.DYNAMIC, "postCheck": Category.AFTER}


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    approvers: tuple[str, ...]
    minimum: int = 0
    """How many of them have to approve; 0 for all."""
    in_order: bool = False
    """Whether each is asked only when those before have approved."""
    requester_may_approve: bool = True
    when: Literal["preCheck", "check", "postCheck"] = "check"
    instructions: str = ""
    timeout: float = MONTH
    """Minutes."""

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        names = [name.strip() for name in self.approvers]
        if not names or not all(names):
            raise UserError("approvers: name at least one person", hint="such as --approver ada")
        if len({name.casefold() for name in names}) < len(names):
            raise UserError("approvers: somebody is named twice", hint="name each person once")
        if not 0 <= self.minimum <= len(names):
            raise UserError(f"minimum: {self.minimum} of {len(names)} approvers is not possible")
        if len(self.instructions) > LONGEST:
            raise UserError(f"instructions: at most {LONGEST} characters")


def category(settings: Settings) -> Category:
    """When it is asked for."""
    return WHEN[settings.when]


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    names = ", ".join(settings.approvers)
    many = f"{settings.minimum} of {names}" if settings.minimum else names
    order = " in this order" if settings.in_order else ""
    own = "" if settings.requester_may_approve else "; not who asked for the run"
    return f"by {many}{order}, within {in_words(settings.timeout)}{own}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """Where its question stands."""
    approval = facts.approvals.get(check.check.id) or asked(settings, check, facts)
    if approval.state is ApprovalState.PENDING:
        waits = f"waits for {who_is_missing(approval)}"
        return Finding(CheckState.RUNNING, waits, deadline(check, settings.timeout))
    last = approval.decisions[-1] if approval.decisions else None
    by = f" by {last.by}" if last else ""
    said = f": {last.comment}" if last and last.comment else ""
    states = {
        ApprovalState.APPROVED: Finding(CheckState.PASSED, f"approved{by}{said}"),
        ApprovalState.REJECTED: Finding(CheckState.REJECTED, f"rejected{by}{said}"),
        ApprovalState.TIMED_OUT: Finding(CheckState.TIMED_OUT, f"nobody decided within {in_words(settings.timeout)}"),
    }
    return states.get(approval.state, Finding(CheckState.SKIPPED, "nobody was needed any more"))


def asked(settings: Settings, check: CheckRun, facts: Facts) -> Approval:
    """The question of an approval that has begun; the attempt at the stage is for the gate to say."""
    return Approval(
        id=0,
        run_id=facts.run.id,
        stage=facts.stage.name,
        attempt=0,
        check_id=check.check.id,
        subject=str(check.check.resource),
        approvers=settings.approvers,
        minimum=settings.minimum,
        in_order=settings.in_order,
        requester_may_approve=settings.requester_may_approve,
        requested_for=facts.run.requested_for,
        instructions=settings.instructions,
        created_at=timestamp(facts.now),
        deadline=timestamp(deadline(check, settings.timeout)),
    )


def who_is_missing(approval: Approval) -> str:
    """Who may decide next, for people."""
    if not approval.approvers:
        return "somebody to decide"
    done = {decision.by.casefold() for decision in approval.decisions}
    left = [name for name in approval.able if name.casefold() not in done]
    count = approval.needed - len(approval.decisions)
    if count > len(left):
        return f"{count} to approve, but only {len(left)} may: {approval.requested_for} asked for the run"
    if approval.in_order:
        return left[0] if left else ""
    return ", ".join(left) if count == len(left) else f"{count} of {', '.join(left)}"


def decided(approval: Approval, decision: Decision) -> Approval:
    """The question with one more decision. Saying the same again changes nothing.

    Raises ConflictError when it is over, when it is not this person's to decide, or when they have decided otherwise.
    """
    before = next((each for each in approval.decisions if _same(each.by, decision.by)), None)
    if before is not None and before.approve == decision.approve:
        return approval
    if approval.state is not ApprovalState.PENDING:
        raise ConflictError(f"{_named(approval)} is over: {how_it_ended(approval)}")
    if approval.deadline and decision.at >= approval.deadline:
        raise ConflictError(f"{_named(approval)} is over: nobody decided before {approval.deadline}")
    if before is not None:
        word = "approved" if before.approve else "rejected"
        raise ConflictError(f"{before.by} has {word} {_named(approval)} already")
    _check_person(approval, decision.by)
    decisions = (*approval.decisions, decision)
    approved = sum(each.approve for each in decisions)
    if not decision.approve:
        state = ApprovalState.REJECTED
    else:
        state = ApprovalState.APPROVED if approved >= approval.needed else ApprovalState.PENDING
    over = state is not ApprovalState.PENDING
    return replace(approval, state=state, decisions=decisions, finished_at=decision.at if over else "")


def may_decide(approval: Approval, by: str) -> str:
    """Why this person may not decide now; empty when they may."""
    try:
        _check_person(approval, by)
    except ConflictError as error:
        return error.message
    return ""


def how_it_ended(approval: Approval) -> str:
    """What a question that is over came to, for people."""
    by = ", ".join(decision.by for decision in approval.decisions)
    words = {
        ApprovalState.APPROVED: f"approved by {by}",
        ApprovalState.REJECTED: f"rejected by {approval.decisions[-1].by}" if approval.decisions else "rejected",
        ApprovalState.TIMED_OUT: "nobody decided in time",
        ApprovalState.OVER: "its stage or job has ended",
    }
    at = f" at {approval.finished_at}" if approval.finished_at else ""
    return words.get(approval.state, "it waits") + at


def _named(approval: Approval) -> str:
    return f"the approval of {approval.subject} for stage {approval.stage} of run {approval.run_id}"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _check_person(approval: Approval, by: str) -> None:
    names = approval.approvers
    if not by.strip():
        raise ConflictError("a decision needs a name")
    if names and not any(_same(name, by) for name in names):
        hint = f"--as NAME decides for one of them: {', '.join(names)}"
        raise ConflictError(f"{by} is not an approver of {approval.subject}", hint=hint)
    if not approval.requester_may_approve and _same(by, approval.requested_for):
        hint = "this approval does not allow people to approve their own runs"
        raise ConflictError(f"{by} asked for run {approval.run_id} and may not decide on it", hint=hint)
    if approval.in_order:
        done = [decision.by for decision in approval.decisions]
        turn = next((name for name in approval.able if not any(_same(name, each) for each in done)), "")
        if turn and not _same(turn, by):
            raise ConflictError(f"it is the turn of {turn}, before {by}", hint="they are asked in order")
