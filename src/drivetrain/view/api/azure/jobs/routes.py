"""Jobs: made, read, changed, canceled.

https://learn.microsoft.com/rest/api/azureml/jobs
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi import Query as Asked
from starlette.exceptions import HTTPException

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.rest import is_job_name
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.run.azureml.ports import JobsWanted
from drivetrain.view.api.azure.access import PrincipalOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, text_at, texts_at
from drivetrain.view.api.azure.identity.model import PrincipalKind
from drivetrain.view.api.azure.jobs.service import ServiceOf

router = APIRouter(prefix="/jobs", tags=["jobs"])
_VIEWS = {"ActiveOnly": False, "ArchivedOnly": True, "All": None}
_KINDS = {each.value.lower(): each for each in JobKind}
MOST = 1000


def job_name(name: str) -> str:
    """The name of a job, from the path. Raises UserError."""
    if not is_job_name(name):
        raise UserError(
            f"'{name[:80]}' is no name for a job: letters, digits, - and _, at most 255, the first a letter or digit"
        )
    return name


NameOf = Annotated[str, Depends(job_name)]


@router.get("")
async def list_jobs(  # noqa: PLR0917 - what a query may say
    jobs: ServiceOf,
    view: Annotated[str, Asked(alias="listViewType")] = "ActiveOnly",
    kind: Annotated[str, Asked(alias="jobType")] = "",
    tag: str = "",
    parent: Annotated[str, Asked(alias="parentJobName")] = "",
    scheduled: bool | None = None,  # noqa: FBT001
    schedule: Annotated[str, Asked(alias="scheduleId")] = "",
    skip: Annotated[str, Asked(alias="$skip")] = "",
    top: Annotated[int, Asked(alias="$top", ge=1, le=MOST)] = 100,
) -> Any:
    """The jobs of the workspace, the newest first."""
    if view not in _VIEWS or (kind and kind.lower() not in _KINDS) or (skip and not skip.isdecimal()):
        words = f"listViewType is one of {', '.join(_VIEWS)}, jobType one of {', '.join(JobKind)}, $skip a number"
        raise UserError(words)
    wanted = JobsWanted(
        archived=_VIEWS[view],
        kind=_KINDS.get(kind.lower()),
        tag=tag,
        parent=parent,
        schedule=schedule.rpartition("/")[2],
        scheduled=scheduled,
        before=int(skip[:18] or 0),
        limit=top,
    )
    return await jobs.list(wanted)


@router.get("/{name}")
async def get_job(jobs: ServiceOf, name: NameOf) -> Any:
    """One job."""
    return await jobs.show(await jobs.get(name))


@router.put("/{name}")
async def put_job(jobs: ServiceOf, name: NameOf, body: BodyOf, answer: Response) -> Any:
    """Make a job, which is carried out at once; or change what of one can be changed."""
    properties = body.get("properties")
    try:
        there = await jobs.get(name)
    except NotFoundError:
        answer.status_code = 201
        return await jobs.submit(name, properties)
    return await jobs.change(there, properties)


@router.patch("/{name}")
async def patch_job(jobs: ServiceOf, name: NameOf, body: BodyOf) -> Any:
    """Change what of a job can be changed."""
    return await jobs.change(await jobs.get(name), body.get("properties"))


@router.delete("/{name}", status_code=200)
async def delete_job(jobs: ServiceOf, name: NameOf) -> Response:
    """Forget a job that has ended, and its training run."""
    await jobs.delete(await jobs.get(name))
    return Response(status_code=200)


@router.post("/{name}/reproduce", status_code=201)
async def reproduce_job(jobs: ServiceOf, who: PrincipalOf, name: NameOf, body: BodyOf) -> Any:
    """Submit a job again under another `name`, for `drivetrain reproduce`; `variables` are those of its pipeline run.
    Not of Azure's API, and for the owner of this home alone.
    """
    if who.kind is not PrincipalKind.OWNER:
        raise HTTPException(403, "Only the owner of this home may have a job reproduced.")
    new, before = job_name(text_at(body, "name")), await jobs.get(name)
    with suppress(NotFoundError):
        raise ConflictError(f"there is a job '{(await jobs.get(new)).name}' already")
    return await jobs.reproduce(before, new, texts_at(body, "variables"))


@router.post("/{name}/cancel", status_code=200)
async def cancel_job(jobs: ServiceOf, name: NameOf) -> Response:
    """Ask a job to end."""
    await jobs.cancel(await jobs.get(name))
    return Response(status_code=200)
