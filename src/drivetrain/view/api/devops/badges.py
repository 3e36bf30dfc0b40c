"""The badge of a pipeline at Azure DevOps' address.

https://learn.microsoft.com/rest/api/azure/devops/build/status/get
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from drivetrain.run.model import Result, Run, State
from drivetrain.view.api.devops.access import ServicesOf, may_see, principal_of
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.finding import every_run
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject, find_project
from drivetrain.view.badges import badge
from drivetrain.view.web.pages.images import ASKED_EACH_TIME, LONGEST, image

router = APIRouter(prefix="/{project}/_apis/build/status", tags=["badges"])
Text = Annotated[str, Query(max_length=LONGEST)]


def _seen(request: Request, services: ServicesOf, project: str) -> TeamProject:
    """The project, for whoever may see it; for everybody where badges are public."""
    if services.site.badges:
        return find_project(services.site, project)
    return may_see(services, principal_of(request, services), project)


Seen = Annotated[TeamProject, Depends(_seen)]


@router.get("/{definition}")
def status(
    request: Request,
    services: ServicesOf,
    project: Seen,
    definition: str,
    branch: Annotated[Text, Query(alias="branchName")] = "",
    stage: Annotated[Text, Query(alias="stageName")] = "",
    job: Annotated[Text, Query(alias="jobName")] = "",
    label: Text = "",
) -> Response:
    """What came of the newest completed run, of one stage of it, or of one job of that: an SVG."""
    if definition.lower() not in {str(project.definition), project.name.lower()}:
        raise UnknownError(f"No definition {definition} was found.", "DefinitionNotFoundException")
    wanted = branch.removeprefix("refs/heads/") or (project.project.branch if project.project else "")
    found = next((run for run in every_run(services.site, project, None) if _is_of(run, wanted)), None)
    result = _result(services, found, stage, job) if found else None
    return image(request, badge(label or project.name, result), ASKED_EACH_TIME)


def _is_of(run: Run, branch: str) -> bool:
    return run.state is State.COMPLETED and (not branch or run.source.ref.removeprefix("refs/heads/") == branch)


def _result(services: Services, run: Run, stage: str, job: str) -> Result | None:
    if not stage:
        return run.result
    timeline = services.site.runs.timeline(run.id)
    if not job:
        results = [each.result for each in timeline.stages if each.name.lower() == stage.lower()]
    else:
        wanted = (stage.lower(), job.lower())
        jobs = sorted(timeline.jobs, key=lambda each: each.attempt)
        results = [each.result for each in jobs if (each.ref.stage.lower(), each.ref.job.lower()) == wanted]
    return results[-1] if results else None
