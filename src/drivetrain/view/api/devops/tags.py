"""Tags of builds.

https://learn.microsoft.com/rest/api/azure/devops/build/tags
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from drivetrain.view.api.devops.access import ProjectOf, RunOf, ServicesOf
from drivetrain.view.api.devops.bodies import Fields, texts
from drivetrain.view.api.devops.finding import every_run
from drivetrain.view.api.devops.links import page_of

router = APIRouter(prefix="/{project}/_apis/build", tags=["tags"])


@router.get("/tags")
def all_tags(services: ServicesOf, project: ProjectOf) -> dict[str, Any]:
    """Every tag that a run of the project has."""
    return page_of(sorted({tag for run in every_run(services.site, project, None) for tag in run.tags}))


@router.get("/builds/{build}/tags")
def get_tags(run: RunOf) -> dict[str, Any]:
    """Those of a run."""
    return page_of(run.tags)


@router.put("/builds/{build}/tags/{tag}")
def add_tag(services: ServicesOf, run: RunOf, tag: str) -> dict[str, Any]:
    """Give it one; all that it has then."""
    return page_of(services.site.verbs.tag(run.id, add=[tag]))


@router.post("/builds/{build}/tags")
def add_tags(services: ServicesOf, run: RunOf, tags: Annotated[list[Any], Body()]) -> dict[str, Any]:
    """Give it several."""
    return page_of(services.site.verbs.tag(run.id, add=texts(tags, "the body")))


@router.patch("/builds/{build}/tags")
def change_tags(services: ServicesOf, run: RunOf, body: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Give it some (`tagsToAdd`) and take some away (`tagsToRemove`)."""
    given = Fields(body)
    add, remove = given.texts("tagsToAdd"), given.texts("tagsToRemove")
    return page_of(services.site.verbs.tag(run.id, add=add, remove=remove))


@router.delete("/builds/{build}/tags/{tag}")
def remove_tag(services: ServicesOf, run: RunOf, tag: str) -> dict[str, Any]:
    """Take one away."""
    return page_of(services.site.verbs.tag(run.id, remove=[tag]))
