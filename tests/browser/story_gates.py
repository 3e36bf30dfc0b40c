"""A run that waits for people, and environments with what was deployed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Approval, Check, CheckRun, CheckState, Decision, GateRecord, Resource
from drivetrain.run.deployments.model import Deployment
from drivetrain.run.model import JobRecord, JobRef, Result, Run, StageRecord, State, StepRecord, Timeline
from drivetrain.store.rows import to_json

if TYPE_CHECKING:
    from tests.browser.world import World

WAITING_RUN = 61
PRODUCTION, HOSTILE_ENVIRONMENT, NEW_ENVIRONMENT = 1, 2, 3
ASK = JobRef("Ask", "Ask")


def fill(world: World, run: Run, *, at: str, later: str, hostile: str, long: str) -> None:
    """Put it all in. `hostile` and `long` are names that nobody should use."""
    run = replace(run, id=WAITING_RUN, number=f"20261123.{WAITING_RUN}", state=State.RUNNING, result=None, waiting=True)
    stages = (
        StageRecord("Ask", "Ask", State.RUNNING, started_at=at),
        StageRecord("Deploy", "Deploy to production", reason="Waiting for approval of environment:production"),
        StageRecord("Other", hostile, reason=f"Waiting for {long}"),
    )
    job = JobRecord(ASK, 1, "Ask", State.RUNNING, started_at=at)
    step = StepRecord(ASK, 1, 1, "Ask", "Is the model good?", "ManualValidation@1", State.RUNNING, started_at=at)
    world.add(Timeline(run, stages, (job,), (step,)))
    world.keep_run(run)
    _gates(world, at=at, later=later, hostile=hostile, long=long)
    _environments(world, at=at, hostile=hostile, long=long)


def _gates(world: World, *, at: str, later: str, hostile: str, long: str) -> None:
    production = Resource(ResourceKind.ENVIRONMENT, "production")
    names = ("Mira Lindqvist", "ben", "cleo")
    approvers = {"approvers": list(names), "minimum": 2}
    approval = Check(1, production, "approval", approvers)
    branch = Check(2, production, "branchControl", {"allowedBranches": ["refs/heads/main"]})
    lock = Check(3, production, "exclusiveLock")
    runs = (
        CheckRun(branch, CheckState.PASSED, "every branch is allowed", at, at),
        CheckRun(approval, CheckState.RUNNING, "waits for 1 of Mira Lindqvist, cleo", at),
        CheckRun(lock),
    )
    asked = Approval(
        0, WAITING_RUN, "Deploy", 1, 1, subject=str(production), approvers=names, minimum=2,
        instructions="Compare the figures with last week's.\nThen look at the drift report.",
        created_at=at, deadline=later,
    )  # fmt: skip
    world.checks.keep(GateRecord(WAITING_RUN, "Deploy", 1, runs), [asked])
    (kept,) = world.checks.approvals(WAITING_RUN)
    said = Decision("ben", approve=True, comment="The figures are fine.", at=at, acting="Mira Lindqvist")
    world.checks.decide(kept.id, lambda before: replace(before, decisions=(said,)))
    other = Check(4, Resource(ResourceKind.VARIABLE_GROUP, hostile), "approval", {"approvers": [long, hostile]})
    strange = Approval(
        0,
        WAITING_RUN,
        "Other",
        1,
        4,
        subject=str(other.resource),
        approvers=(long, hostile),
        instructions=hostile + long,
    )
    world.checks.keep(GateRecord(WAITING_RUN, "Other", 1, (CheckRun(other, CheckState.RUNNING, long, at),)), [strange])
    step = Approval(
        0, WAITING_RUN, "Ask", 1, job=ASK, job_attempt=1, step=1, subject="Is the model good?", minimum=1, created_at=at
    )
    world.checks.keep(GateRecord(WAITING_RUN, "Ask", 1), [step])


def _environments(world: World, *, at: str, hostile: str, long: str) -> None:
    production = world.environments.create("production", description="Where the fleet is", by="Mira Lindqvist")
    world.environments.put_resource(production.id, "vm1", "VirtualMachine", ["web", "linux"])
    world.environments.put_resource(production.id, "cluster", "Kubernetes")
    odd = world.environments.create(hostile, description=long)
    world.environments.put_resource(odd.id, hostile, long, [hostile])
    world.environments.create("new")
    for kind, settings in (
        ("approval", {"approvers": ["Mira Lindqvist", "ben", "cleo"], "minimum": 2}),
        ("branchControl", {"allowedBranches": ["refs/heads/main"]}),
        ("exclusiveLock", {}),
    ):
        world.checks.add(Resource(ResourceKind.ENVIRONMENT, "production"), kind, settings, by="Mira Lindqvist")
    for number, result in enumerate((Result.SUCCEEDED, Result.FAILED, None)):
        run_id, state = 54 + number, State.COMPLETED if result else State.RUNNING
        base = Deployment(
            environment_id=production.id,
            run_id=run_id,
            stage="Deploy",
            job="Web",
            attempt=1 + number % 2,
            resource="vm1" if number else "",
            number=f"20261123.{run_id}",
            pipeline="turbofan",
            project="turbofan",
            branch="refs/heads/main",
            commit="4f1c9a7be0d25a" * 3,
            message="Refresh the data set",
            requested_for="Mira Lindqvist",
            state=state,
            result=result,
            started_at=at,
        )
        _put(world, base)
    _put(world, Deployment(odd.id, 55, hostile, hostile, 1, hostile, hostile, long, hostile, hostile, "", long, long))


def _put(world: World, each: Deployment) -> None:
    world.database.connections.get().execute(
        "INSERT INTO deployments (environment_id, run_id, stage, job, attempt, data) VALUES (?, ?, ?, ?, ?, ?)",
        (each.environment_id, each.run_id, each.stage, each.job, each.attempt, to_json(each)),
    )
