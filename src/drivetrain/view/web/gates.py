"""The checks of a run's stages and what waits for people, as the run's page shows them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.checks.approval import may_decide, who_is_missing
from drivetrain.run.checks.kinds import title
from drivetrain.run.checks.model import ApprovalState, CheckState
from drivetrain.view.web.present import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.checks.model import Approval, Decision, GateRecord
    from drivetrain.run.model import Timeline
    from drivetrain.view.ports import Questions

LOOKS = {
    CheckState.WAITING: Look("pending", "Not begun"),
    CheckState.RUNNING: Look("pending", "Waiting"),
    CheckState.PASSED: Look("succeeded", "Passed"),
    CheckState.FAILED: Look("failed", "Failed"),
    CheckState.REJECTED: Look("failed", "Rejected"),
    CheckState.TIMED_OUT: Look("failed", "Timed out"),
    CheckState.CANCELED: Look("canceled", "Canceled"),
    CheckState.SKIPPED: Look("skipped", "Skipped"),
}
VALIDATIONS = {
    ApprovalState.PENDING: Look("pending", "Waiting"),
    ApprovalState.APPROVED: Look("succeeded", "Approved"),
    ApprovalState.REJECTED: Look("failed", "Rejected"),
    ApprovalState.TIMED_OUT: Look("failed", "Timed out"),
    ApprovalState.OVER: Look("skipped", "Over"),
}
IMPLICIT = "__default"


class CheckView(Struct, frozen=True):
    """A check of a stage, or the question of a step, with what was decided."""

    look: Look
    title: str
    subject: str
    reason: str
    decisions: Sequence[Decision]


class QuestionView(Struct, frozen=True):
    """A question that waits, and who may answer it here."""

    approval: Approval
    stage: str
    """The stage's title; empty where it has none."""
    waits_for: str
    names: Sequence[str]
    """Who one may decide for: the owner alone, or the approvers whose turn it is."""
    refusal: str
    """Why nobody may decide now."""


def waiting(questions: Questions, timeline: Timeline, owner: str) -> list[QuestionView]:
    """What waits for somebody, in the order in which it was asked."""
    titles = {stage.name: stage.display_name for stage in timeline.stages if stage.name != IMPLICIT}
    return [_question(each, titles.get(each.stage, ""), owner) for each in questions.waiting]


def _question(approval: Approval, stage: str, owner: str) -> QuestionView:
    wanted = approval.approvers or (owner,)
    able = [name for name in wanted if not may_decide(approval, name) and not _has_decided(approval, name)]
    # The owner comes first: that is who looks at the page.
    names = sorted(able, key=lambda name: name.casefold() != owner.casefold())
    refusal = "" if names else may_decide(approval, wanted[0])
    return QuestionView(approval, stage, who_is_missing(approval), names, refusal)


def _has_decided(approval: Approval, name: str) -> bool:
    return any(decision.by.casefold() == name.casefold() for decision in approval.decisions)


def of_stages(questions: Questions) -> dict[str, list[CheckView]]:
    """What each stage waited for, by its name: the newest attempt's."""
    newest: dict[str, GateRecord] = {}
    for gate in questions.gates:
        if gate.stage not in newest or gate.attempt > newest[gate.stage].attempt:
            newest[gate.stage] = gate
    asked = {(each.stage, each.attempt, each.check_id): each for each in questions.approvals if each.check_id}
    shown: dict[str, list[CheckView]] = {}
    for gate in newest.values():
        for run in gate.checks:
            question = asked.get((gate.stage, gate.attempt, run.check.id))
            decisions = question.decisions if question is not None else ()
            look, subject = LOOKS[run.state], str(run.check.resource)
            view = CheckView(look, title(run.check.type), subject, "" if decisions else run.reason, decisions)
            shown.setdefault(gate.stage, []).append(view)
    for each in questions.approvals:
        if each.job is not None and each.state is not ApprovalState.PENDING:
            view = CheckView(VALIDATIONS[each.state], "Manual validation", each.subject, "", each.decisions)
            shown.setdefault(each.stage, []).append(view)
    return shown
