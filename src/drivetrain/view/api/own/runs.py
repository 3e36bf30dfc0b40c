"""Runs: list, one, its timeline and events; cancel, rerun, and starting a stage."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from drivetrain.run.model import Result, State  # noqa: TC001 - FastAPI reads annotations
from drivetrain.run.reopen import Again
from drivetrain.view.api.own import translate
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.shapes import CacheUseShape, EventPage, RunPage, RunShape, TimelineShape, TrainingRunPage
from drivetrain.view.attachments import every_event
from drivetrain.view.caches import cache_uses
from drivetrain.view.ports import RunFilter

router = APIRouter(tags=["runs"])
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/runs")
def list_runs(  # noqa: PLR0917 - FastAPI passes them by name
    site: SiteOf,
    project: str = "",
    pipeline: str = "",
    branch: str = "",
    commit: str = "",
    text: str = "",
    state: State | None = None,
    result: Result | None = None,
    before: int | None = None,
    limit: Limit = 50,
) -> RunPage:
    """Runs that match, newest first."""
    wanted = RunFilter(project, pipeline, branch, commit, text, state, result, before, limit)
    found = site.runs.runs(wanted)
    return RunPage(
        runs=[translate.run(each) for each in found],
        next_before=found[-1].id if len(found) == limit else None,
    )


@router.get("/runs/{run_id}")
def get_run(site: SiteOf, run_id: int) -> RunShape:
    """One run."""
    return translate.run(site.runs.timeline(run_id).run)


@router.get("/runs/{run_id}/timeline")
def get_timeline(site: SiteOf, run_id: int) -> TimelineShape:
    """A run with stages, jobs, steps, issues and artifacts."""
    return translate.timeline(site.runs.timeline(run_id))


@router.get("/runs/{run_id}/events")
def get_events(site: SiteOf, run_id: int, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 500) -> EventPage:
    """Events with a seq greater than `after`."""
    site.runs.timeline(run_id)
    return EventPage(events=[translate.event(each) for each in site.runs.events(run_id, after, limit)])


@router.get("/runs/{run_id}/training-runs")
def get_training_runs(site: SiteOf, run_id: int) -> TrainingRunPage:
    """The training runs that a run made."""
    site.runs.timeline(run_id)
    found = site.training.of_pipeline_run(run_id)
    return TrainingRunPage(training_runs=[translate.training_run(each) for each in found])


@router.get("/runs/{run_id}/caches")
def get_caches(site: SiteOf, run_id: int) -> list[CacheUseShape]:
    """What the run's steps found in the cache, and what they kept there."""
    site.runs.timeline(run_id)
    return [
        CacheUseShape(job=str(use.job), attempt=use.attempt, step=use.step, key=use.key, word=use.word, size=use.size)
        for use in cache_uses(every_event(site.runs, run_id))
    ]


@router.post("/runs/{run_id}/cancel", status_code=202, dependencies=[OwnPagesOnly])
def cancel_run(site: SiteOf, run_id: int) -> RunShape:
    """Ask a run to end; steps with `always()` still run."""
    site.verbs.cancel(run_id, by=site.owner)
    return translate.run(site.runs.timeline(run_id).run)


@router.post("/runs/{run_id}/stages/{stage}/start", status_code=202, dependencies=[OwnPagesOnly])
def start_stage(site: SiteOf, run_id: int, stage: str) -> RunShape:
    """Start a stage that waits to be started by hand (`trigger: manual`), also before its turn."""
    site.verbs.start(run_id, stage, by=site.owner)
    return translate.run(site.runs.timeline(run_id).run)


@router.post("/runs/{run_id}/rerun", status_code=201, dependencies=[OwnPagesOnly])
def rerun(site: SiteOf, run_id: int) -> RunShape:
    """Start the same commit again, as a new run."""
    return translate.run(site.verbs.rerun(run_id, by=site.owner))


@router.post("/runs/{run_id}/rerun-failed", status_code=202, dependencies=[OwnPagesOnly])
def rerun_failed(site: SiteOf, run_id: int, stage: str = "") -> RunShape:
    """Run the jobs that failed or were canceled again, in the same run, and all that depends on them; only those of
    `stage` when it is given."""
    return translate.run(site.verbs.reopen(run_id, Again((stage,) if stage else ()), by=site.owner))


@router.post("/runs/{run_id}/stages/{stage}/rerun", status_code=202, dependencies=[OwnPagesOnly])
def rerun_stage(site: SiteOf, run_id: int, stage: str) -> RunShape:
    """Run all jobs of a stage again, in the same run, and all that depends on it."""
    return translate.run(site.verbs.reopen(run_id, Again((stage,), whole=True), by=site.owner))
