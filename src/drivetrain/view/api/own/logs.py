"""Logs: lines, outline, search, and the raw file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from drivetrain.errors import NotFoundError
from drivetrain.run.model import State
from drivetrain.view.api.own import translate
from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.shapes import HitsShape, LogWindowShape, OutlineShape
from drivetrain.view.finding import find_job, find_step, steps_of
from drivetrain.view.logs.lines import MAX_LINES, window
from drivetrain.view.logs.outline import outline, search
from drivetrain.view.ports import LogText  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.site import Site  # noqa: TC001 - FastAPI reads annotations

router = APIRouter(prefix="/runs/{run_id}/logs/{job}/{step}", tags=["logs"])


def _open(site: Site, run_id: int, job: str, step: int) -> tuple[LogText | None, bool]:
    """The log, and whether the step has ended."""
    timeline = site.runs.timeline(run_id)
    record = find_job(timeline, job)
    found = find_step(steps_of(timeline, record), step)
    # Completed is read before the log is opened, so "complete" never misses lines.
    return site.logs.open(run_id, record.ref, record.attempt, found.index), found.state is State.COMPLETED


@router.get("/lines")
def get_lines(
    site: SiteOf,
    run_id: int,
    job: str,
    step: int,
    start: int = 1,
    count: Annotated[int, Query(ge=0, le=MAX_LINES)] = 500,
) -> LogWindowShape:
    """Lines from `start`, counted from 1; a negative `start` counts from the end."""
    log, complete = _open(site, run_id, job, step)
    if log is None:
        return LogWindowShape(start=1, total=0, size=0, complete=complete, lines=[])
    return translate.window(window(log, start, count), complete=complete)


@router.get("/outline")
def get_outline(site: SiteOf, run_id: int, job: str, step: int) -> OutlineShape:
    """Foldable groups, errors and warnings."""
    log, _ = _open(site, run_id, job, step)
    if log is None:
        return OutlineShape(groups=[], errors=[], warnings=[])
    found = outline(log.path, log.size)
    groups = [(group.start, group.end) for group in found.groups]
    return OutlineShape(groups=groups, errors=list(found.errors), warnings=list(found.warnings))


@router.get("/search")
def get_hits(
    site: SiteOf, run_id: int, job: str, step: int, text: Annotated[str, Query(min_length=1, max_length=500)]
) -> HitsShape:
    """Numbers of the lines that contain a text, in either case."""
    log, _ = _open(site, run_id, job, step)
    if log is None:
        return HitsShape(lines=[], more=False)
    found = search(log.path, log.size, text)
    return HitsShape(lines=list(found.lines), more=found.more)


@router.get("/raw", response_class=FileResponse)
def get_raw(site: SiteOf, run_id: int, job: str, step: int) -> FileResponse:
    """The log as it was written; ranges are served."""
    log, _ = _open(site, run_id, job, step)
    if log is None:
        raise NotFoundError("this step has written no log", hint="steps that were skipped have none")
    name = f"run-{run_id}-{job}-{step}.txt"
    return FileResponse(log.path, media_type="text/plain; charset=utf-8", filename=name)
