"""From submissions to plans and rows: what is kept of jobs and of steps of pipeline jobs, and what a job has begun."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import NotFoundError
from drivetrain.plan.azureml.compile import command_of, command_plan
from drivetrain.plan.azureml.pipeline.compile import PlannedStep, job_of_step, pipeline_plan
from drivetrain.plan.azureml.sweep.compile import sweep_plan
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.run.azureml.ports import JobsWanted
from drivetrain.run.model import Result, State
from drivetrain.wire.azureml.sweeps import sweep_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.plan.azureml.model import CommandTask
    from drivetrain.plan.azureml.sweep.model import SweepTask
    from drivetrain.plan.model import Plan
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.ports import AzureJobs
    from drivetrain.view.api.azure.jobs.ports import Tracked
    from drivetrain.wire.azureml.desk import Desk
    from drivetrain.wire.azureml.pipelines import StepContent
    from drivetrain.wire.storage import Storage


def plan_of(desk: Desk, workspace: Workspace, job: Tracked, steps: Sequence[Tracked]) -> Plan:
    """The plan that carries a job out."""
    submission = job.submission
    match submission.kind:
        case JobKind.COMMAND:
            return command_plan(desk.task(workspace, submission.content, job.run))
        case JobKind.SWEEP:
            return sweep_plan(sweep_task(desk, workspace, submission.content, job.run))
        case JobKind.PIPELINE:
            planned = [_planned(desk, workspace, step) for step in steps]
            return pipeline_plan(submission.head.experiment, planned)


def _planned(desk: Desk, workspace: Workspace, step: Tracked) -> PlannedStep:
    found: StepContent = step.submission.content
    task: CommandTask | SweepTask
    if step.submission.kind is JobKind.SWEEP:
        task = sweep_task(desk, workspace, found.content, step.run, found.node.title)
    else:
        task = desk.task(workspace, found.content, step.run, found.node.title)
    return PlannedStep(found.node.name, task, found.node.after, found.reused is not None)


def kept_job(workspace: Workspace, job: Tracked, by: str) -> AzureJob:
    """A job as it is kept."""
    submission = job.submission
    return AzureJob(
        workspace.id,
        submission.name,
        submission.kind,
        submission.head.experiment,
        job.body,
        submission.parent,
        submission.schedule,
        created_by=by,
    )


def keep_step(storage: Storage, workspace: Workspace, step: Tracked, pipeline: AzureJob) -> None:
    """Keep a step as a job of its own, which the pipeline's run carries out; one that is reused has ended already."""
    found: StepContent = step.submission.content
    job = replace(
        kept_job(workspace, step, pipeline.created_by), run_id=pipeline.run_id, job=job_of_step(found.node.name)
    )
    if found.reused is not None:
        now = timestamp(storage.clock.now())
        job = replace(job, run_id=None, job="", status=JobStatus.COMPLETED, started_at=now, finished_at=now)
    storage.azure_jobs.add(job)
    if found.reused is None:
        storage.node_keys.put(workspace.id, job.name, found.key)


def kept_task(storage: Storage, job: AzureJob) -> CommandTask | None:
    """The command of a job as it was looked up when it was submitted; None when its run is kept no more."""
    with suppress(NotFoundError):
        plan = storage.runs.plan(job.run_id) if job.run_id is not None else None
        return command_of(plan, job.name) if plan is not None else None
    return None


def begun_by(jobs: AzureJobs, job: AzureJob) -> Iterator[AzureJob]:
    """The jobs that a job has begun, and that have runs of their own: trials of a sweep, also of one that is a step."""
    before = 0
    while True:
        page = jobs.list(job.workspace, JobsWanted(archived=None, parent=job.name, before=before))
        for each in page.jobs:
            if each.run_id is not None and each.run_id == job.run_id:
                yield from begun_by(jobs, each)
            elif each.status is None:
                yield each
        before = page.next
        if not before:
            return


def failed_pipelines(storage: Storage, run_id: int) -> Iterator[AzureJob]:
    """The pipeline job that a run carries out, if a step of it has failed and it is not to go on.

    https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline#attributes-of-the-settings-key
    """
    for job in storage.azure_jobs.of_run(run_id):
        settings = job.body.get("settings")
        goes_on = isinstance(settings, dict) and settings.get("continue_on_step_failure") is True
        if job.kind is JobKind.PIPELINE and job.status is None and not goes_on:
            run = storage.runs.get(run_id)
            under_way = run.state is not State.COMPLETED and not run.cancel_requested
            if under_way and any(stage.result is Result.FAILED for stage in storage.runs.stages(run_id)):
                yield job
