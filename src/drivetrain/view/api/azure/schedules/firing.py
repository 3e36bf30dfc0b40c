"""A schedule makes its job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.view.api.azure.jobs.again import repeated
from drivetrain.view.api.azure.jobs.service import JobService
from drivetrain.view.api.azure.schedules.model import job_name, job_properties, of_asset

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from drivetrain.registry.model import Asset, Workspace
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal


async def fire(edge: Edge, workspace: Workspace, who: Principal, asset: Asset, due: datetime) -> str:
    """Make the job of a time: its name. Raises ConflictError when there is one already, and UserError."""
    schedule = of_asset(asset)
    name = job_name(asset.name, due)
    jobs = JobService(edge, workspace, who)
    if await _there(jobs, name):
        raise ConflictError(f"the schedule '{asset.name}' has made its job '{name}' already")
    source = await run_in_threadpool(_source, edge, workspace, schedule.job)
    await jobs.submit(name, job_properties(schedule, source, name, due), schedule=asset.name)
    return name


async def _there(jobs: JobService, name: str) -> bool:
    try:
        await jobs.get(name)
    except NotFoundError:
        return False
    return True


def _source(edge: Edge, workspace: Workspace, job: Mapping[str, Any]) -> Mapping[str, Any]:
    """`properties` of the job that a schedule repeats, without what belongs to that job alone."""
    reference = job.get("sourceJobId")
    if not isinstance(reference, str) or not reference:
        return {}
    name = reference.rstrip("/").rpartition("/")[2].removeprefix("azureml:")
    return repeated(edge.jobs.get(workspace.id, name))
