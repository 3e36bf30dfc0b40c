"""Approvals, checks and environments in the JSON of our own API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DecisionShape(BaseModel):
    """What somebody decided."""

    by: str
    approve: bool
    comment: str
    at: str
    acting: str
    """Who was at the keyboard, where that is another name than `by`."""


class ApprovalShape(BaseModel):
    """A question to people."""

    id: int
    run_id: int
    stage: str
    attempt: int
    job: str
    """Of a step ManualValidation; empty for an approval check."""
    step: int
    subject: str
    """What it is about: `environment:staging`, or the step's title."""
    approvers: list[str]
    """Empty: anybody."""
    minimum: int
    in_order: bool
    requester_may_approve: bool
    instructions: str
    state: str
    """`pending`, `approved`, `rejected`, `timedOut` or `over`."""
    waits_for: str
    created_at: str
    deadline: str
    finished_at: str
    decisions: list[DecisionShape]


class WaitingShape(BaseModel):
    """A question that waits, and the run that it is about."""

    approval: ApprovalShape
    number: str
    pipeline: str
    project: str
    branch: str
    commit: str
    message: str


class WaitingPage(BaseModel):
    """Every question that waits, oldest first."""

    approvals: list[WaitingShape]


class CheckRunShape(BaseModel):
    """A check of one attempt at a stage."""

    id: int
    resource: str
    type: str
    state: str
    reason: str
    started_at: str
    finished_at: str


class GateShape(BaseModel):
    """What an attempt at a stage waited for."""

    stage: str
    attempt: int
    open: bool
    result: str | None
    reason: str
    checks: list[CheckRunShape]


class QuestionsShape(BaseModel):
    """The gates of a run and what was asked in it."""

    gates: list[GateShape]
    approvals: list[ApprovalShape]


class AnswerShape(BaseModel):
    """A decision."""

    approve: bool
    by: str = ""
    """For which approver; empty for the owner of the server."""
    comment: str = ""
    stage: str = ""
    """Only what waits for this stage."""
    approval: int = 0
    """Only this question."""


class CheckShape(BaseModel):
    """A check as it is set."""

    id: int
    resource: str
    project: str
    """Empty: for the name in the home and in every project."""
    type: str
    title: str
    description: str
    settings: dict[str, object]
    """What may be secret in it is `***`."""
    created_at: str
    created_by: str


class CheckPage(BaseModel):
    """Checks, as they were made."""

    checks: list[CheckShape]


class NewCheckShape(BaseModel):
    """A check to be set."""

    resource: str
    """`environment:staging`, `variableGroup:NAME`, `serviceConnection:NAME`, `secureFile:NAME`."""
    type: str
    project: str = ""
    settings: dict[str, object] = Field(default_factory=dict)


class EnvironmentResourceShape(BaseModel):
    """A target in an environment."""

    id: int
    name: str
    type: str
    tags: list[str]


class DeploymentShape(BaseModel):
    """A deployment job that has begun."""

    run_id: int
    number: str
    pipeline: str
    project: str
    stage: str
    job: str
    attempt: int
    resource: str
    branch: str
    commit: str
    message: str
    requested_for: str
    state: str
    result: str | None
    started_at: str
    finished_at: str


class EnvironmentShape(BaseModel):
    """What is deployed to."""

    id: int
    name: str
    project: str
    description: str
    resources: list[EnvironmentResourceShape]
    created_at: str
    created_by: str
    latest: DeploymentShape | None = None


class EnvironmentPage(BaseModel):
    """Environments, by name."""

    environments: list[EnvironmentShape]


class EnvironmentDetailShape(BaseModel):
    """An environment with its checks, and what was deployed there, newest first."""

    environment: EnvironmentShape
    checks: list[CheckShape]
    deployments: list[DeploymentShape]


class NewEnvironmentShape(BaseModel):
    """An environment to be made."""

    name: str
    project: str = ""
    description: str = ""


class NewResourceShape(BaseModel):
    """A resource to be added, or changed."""

    name: str
    type: str = ""
    tags: list[str] = Field(default_factory=list)
