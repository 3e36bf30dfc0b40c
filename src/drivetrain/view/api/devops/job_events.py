"""What a service says of a task that waits for it (`waitForCompletion: true`): with the job's own token.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/events/post-event
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from drivetrain.errors import ConflictError, UserError
from drivetrain.run.model import State
from drivetrain.run.predefined import guid
from drivetrain.run.runner.layout import step_id
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.devops.access import PrincipalOf, ProjectOf, ServicesOf, run_in
from drivetrain.view.api.devops.bodies import Fields
from drivetrain.view.api.devops.builds import Document
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.model import JobRecord, Run
    from drivetrain.view.api.devops.services import Services
    from drivetrain.view.api.devops.teams import TeamProject

router = APIRouter(prefix="/{project}/_apis/distributedtask/hubs", tags=["job events"])
MOST_STEPS = 1000
RESULTS = {"succeeded": True, "succeededwithissues": True, "failed": False, "canceled": False, "skipped": False}
OTHERS = ("TaskAssigned", "TaskStarted", "JobAssigned", "JobStarted")


@router.post("/{hub}/plans/{plan}/events")
def post_event(
    services: ServicesOf, principal: PrincipalOf, project: ProjectOf, hub: str, plan: str, body: Document
) -> Response:
    """Say that a task has ended: `{"name": "TaskCompleted", "taskId", "jobId", "result": "succeeded"}`; with the token
    of its job.
    """
    del hub
    given = Fields(body)
    if given.text("name") not in ("TaskCompleted", *OTHERS):
        raise UserError("name is no event that is known here", hint="TaskCompleted, with the result of the task")
    run_id, job = _job(services, principal, project, plan.lower(), given.text("jobId").lower())
    if given.text("name") == "TaskCompleted":
        succeeded = RESULTS.get(given.text("result").lower())
        if succeeded is None:
            raise UserError("result is none that is known here", hint=f"one of {', '.join(RESULTS)}")
        services.complete(run_id, job, _step(run_id, job, given.text("taskId").lower()), succeeded)
    return Response(status_code=200)


def _job(
    services: Services, principal: Principal, project: TeamProject, plan: str, job_id: str
) -> tuple[int, JobRecord]:
    """The job that is meant, while it runs. Raises UnknownError, ConflictError."""
    for run in _runs(services, principal, project):
        if guid("plan", run.id) != plan:
            continue
        timeline = services.site.runs.timeline(run.id)
        for job in timeline.jobs:
            if guid(run.id, job.ref, job.attempt) == job_id and _is_own(principal, job):
                if job.state is State.COMPLETED:
                    raise ConflictError("the job is completed already")
                return run.id, job
    raise UnknownError("There is no such plan, or no such job in it.", "TaskOrchestrationPlanNotFoundException")


def _runs(services: Services, principal: Principal, project: TeamProject) -> Iterator[Run]:
    """Those that whoever asks may speak of: a job of its own only."""
    if principal.run_id is not None:
        own = run_in(services, project, principal.run_id)
        yield from [own] if own is not None else []
    elif principal.kind is PrincipalKind.OWNER:
        found = services.site.runs.runs(RunFilter(state=State.RUNNING))
        yield from (run for run in found if project.has(run))


def _is_own(principal: Principal, job: JobRecord) -> bool:
    return principal.kind is PrincipalKind.OWNER or principal.job == str(job.ref)


def _step(run_id: int, job: JobRecord, task_id: str) -> int:
    """The place of a step by its `System.TaskInstanceId`. Raises UnknownError."""
    for index in range(MOST_STEPS):
        if step_id(run_id, job.ref, job.attempt, index) == task_id:
            return index
    raise UnknownError("There is no such task in the job.", "TaskInstanceNotFoundException")
