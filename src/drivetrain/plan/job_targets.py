"""Tasks run on an agent or, a few of them, on the server: a step in the wrong kind of job is refused, as on Azure.

https://learn.microsoft.com/azure/devops/pipelines/process/phases#agentless-jobs-supported-tasks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import Pool
from drivetrain.errors import Problem
from drivetrain.plan.names.model import of_major_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.definition.model import Job, Pipeline, Stage, Step, TaskInfo

OF_THE_SERVER = frozenset(
    {
        "azurefunction",
        "azuremonitor",
        "delay",
        "invokerestapi",
        "manualvalidation",
        "mlpublishedpipelinerestapitask",
        "publishtoazureservicebus",
        "queryazuremonitoralerts",
        "queryworkitems",
    }
)
"""Tasks of the server, by name, also those that cannot run here: each one's page says `Runs on: Server`.
https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/"""
_TASKS = {
    "script": "CmdLine@2",
    "bash": "Bash@3",
    "pwsh": "PowerShell@2",
    "powershell": "PowerShell@2",
    "checkout": "Checkout@1",
    "publish": "PublishPipelineArtifact@1",
    "download": "DownloadPipelineArtifact@2",
}
"""Kinds of steps -> their tasks. A checkout of a job of the server is `checkout: none`, or it is wrong."""


def misplaced(pipeline: Pipeline, tasks: Mapping[str, TaskInfo]) -> dict[int, Problem]:
    """The steps (by identity) that stand in the wrong kind of job, and what is to be said of them."""
    infos = {reference.lower(): info for reference, info in tasks.items()}
    found: dict[int, Problem] = {}
    for job, step, on_server in _steps(pipeline):
        reference = _reference(step)
        if not step.enabled or not reference or _runs_on_server(reference, infos) is on_server:
            continue
        found[id(step)] = _problem(job, step, reference, on_server=on_server)
    return found


def _steps(pipeline: Pipeline) -> Iterator[tuple[Job, Step, bool]]:
    """Every step, and whether its job has no agent."""
    for stage in pipeline.stages:
        for job in stage.jobs:
            pool = _pool(pipeline, stage, job)
            yield from ((job, step, pool.server) for step in job.steps)
            for hook in job.deployment.hooks if job.deployment is not None else ():
                own = hook.pool or pool
                yield from ((job, step, own.server) for step in hook.steps)


def _pool(pipeline: Pipeline, stage: Stage, job: Job) -> Pool:
    return job.pool or stage.pool or pipeline.pool or Pool()


def _reference(step: Step) -> str:
    """The task of a step; empty where nothing is known of it, or where it does nothing."""
    if step.kind == "task":
        return step.subject.value
    if step.kind in {"checkout", "download"} and step.subject.value.lower() == "none":
        return ""
    return _TASKS.get(step.kind, "")


def _runs_on_server(reference: str, infos: Mapping[str, TaskInfo]) -> bool:
    info = infos.get(of_major_version(reference.lower()))
    return info.server if info is not None else reference.partition("@")[0].lower() in OF_THE_SERVER


def _problem(job: Job, step: Step, reference: str, *, on_server: bool) -> Problem:
    """Azure's words; it gives the full version of a task, of which only the major one is known here."""
    title, _, version = reference.partition("@")
    name = step.name.value if step.name is not None else ""
    message = (
        f"Job {job.name or 'Job'}: Step {name} references task '{title}' at version '{version}' which is not valid for "
        "the given job target."
    )
    hint = (
        "a job with `pool: server` has no agent, and runs only tasks of the server; put this step into another job"
        if on_server
        else "it is a task of the server: it runs in a job with `pool: server`"
    )
    position = step.subject.position if step.kind == "task" else step.position
    return Problem(position, message, hint, code="wrong-job-target")
