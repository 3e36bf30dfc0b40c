"""Approvals, checks and environments -> the shapes of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.checks.approval import who_is_missing
from drivetrain.run.checks.kinds import describe, title
from drivetrain.view.api.own import gate_shapes as shapes

if TYPE_CHECKING:
    from drivetrain.run.checks.model import Approval, Check, CheckRun, GateRecord, Waiting
    from drivetrain.run.deployments.model import Deployment, Environment, EnvironmentResource
    from drivetrain.view.ports import Questions


def approval(value: Approval) -> shapes.ApprovalShape:
    """A question to people."""
    return shapes.ApprovalShape(
        id=value.id,
        run_id=value.run_id,
        stage=value.stage,
        attempt=value.attempt,
        job=str(value.job) if value.job else "",
        step=value.step,
        subject=value.subject,
        approvers=list(value.approvers),
        minimum=value.needed,
        in_order=value.in_order,
        requester_may_approve=value.requester_may_approve,
        instructions=value.instructions,
        state=value.state,
        waits_for=who_is_missing(value) if value.state == "pending" else "",
        created_at=value.created_at,
        deadline=value.deadline,
        finished_at=value.finished_at,
        decisions=[
            shapes.DecisionShape(by=each.by, approve=each.approve, comment=each.comment, at=each.at, acting=each.acting)
            for each in value.decisions
        ],
    )


def waiting(value: Waiting) -> shapes.WaitingShape:
    """A question that waits."""
    return shapes.WaitingShape(
        approval=approval(value.approval),
        number=value.number,
        pipeline=value.pipeline,
        project=value.project,
        branch=value.branch,
        commit=value.commit,
        message=value.message,
    )


def questions(value: Questions) -> shapes.QuestionsShape:
    """The gates of a run and what was asked in it."""
    return shapes.QuestionsShape(
        gates=[_gate(each) for each in value.gates], approvals=[approval(each) for each in value.approvals]
    )


def _gate(value: GateRecord) -> shapes.GateShape:
    return shapes.GateShape(
        stage=value.stage,
        attempt=value.attempt,
        open=value.open,
        result=value.result,
        reason=value.reason,
        checks=[_check_run(each) for each in value.checks],
    )


def _check_run(value: CheckRun) -> shapes.CheckRunShape:
    return shapes.CheckRunShape(
        id=value.check.id,
        resource=str(value.check.resource),
        type=value.check.type,
        state=value.state,
        reason=value.reason,
        started_at=value.started_at,
        finished_at=value.finished_at,
    )


def check(value: Check) -> shapes.CheckShape:
    """A check as it is set."""
    return shapes.CheckShape(
        id=value.id,
        resource=str(value.resource),
        project=value.resource.project,
        type=value.type,
        title=title(value.type),
        description=describe(value),
        settings=dict(value.settings),
        created_at=value.created_at,
        created_by=value.created_by,
    )


def resource(value: EnvironmentResource) -> shapes.EnvironmentResourceShape:
    """A target in an environment."""
    return shapes.EnvironmentResourceShape(id=value.id, name=value.name, type=value.type, tags=list(value.tags))


def environment(value: Environment, latest: Deployment | None = None) -> shapes.EnvironmentShape:
    """An environment."""
    return shapes.EnvironmentShape(
        id=value.id,
        name=value.name,
        project=value.project,
        description=value.description,
        resources=[resource(each) for each in value.resources],
        created_at=value.created_at,
        created_by=value.created_by,
        latest=deployment(latest) if latest is not None else None,
    )


def deployment(value: Deployment) -> shapes.DeploymentShape:
    """A deployment."""
    return shapes.DeploymentShape(
        run_id=value.run_id,
        number=value.number,
        pipeline=value.pipeline,
        project=value.project,
        stage=value.stage,
        job=value.job,
        attempt=value.attempt,
        resource=value.resource,
        branch=value.branch,
        commit=value.commit,
        message=value.message,
        requested_for=value.requested_for,
        state=value.state,
        result=value.result,
        started_at=value.started_at,
        finished_at=value.finished_at,
    )
