"""Projects and what can be started for them; training runs across all runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from drivetrain.view.api.own import translate
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.shapes import ProjectPage, QueueShape, RunShape, TrainingRunPage
from drivetrain.view.ports import QueueRequest

router = APIRouter(tags=["projects"])


@router.get("/projects")
def list_projects(site: SiteOf) -> ProjectPage:
    """All projects, by name."""
    return ProjectPage(projects=[translate.project(each) for each in site.projects.projects()])


@router.post("/projects/{name}/runs", status_code=201, dependencies=[OwnPagesOnly])
def queue_run(site: SiteOf, name: str, wanted: QueueShape) -> RunShape:
    """Start a run by hand."""
    request = QueueRequest(
        name,
        wanted.branch,
        wanted.commit,
        wanted.parameters,
        wanted.variables,
        wanted.stages_to_skip,
        wanted.pull_request,
    )
    return translate.run(site.verbs.queue(request, by=site.owner))


@router.get("/training-runs", tags=["training"])
def list_training_runs(site: SiteOf, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> TrainingRunPage:
    """The newest training runs, newest first."""
    return TrainingRunPage(training_runs=[translate.training_run(each) for each in site.training.latest(limit)])
