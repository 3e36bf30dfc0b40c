"""The log of a step, beside the steps of its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from drivetrain.errors import NotFoundError
from drivetrain.run.model import State
from drivetrain.view.finding import find_job, find_step, most_telling, steps_of
from drivetrain.view.keys import job_key
from drivetrain.view.logs.lines import Window, window
from drivetrain.view.web.pages.base import number, render, run_id, site
from drivetrain.view.web.pages.run import last_seq

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.model import JobRecord, StepRecord, Timeline

PAGE = 500
"""Lines on a page without scripts."""


def job(request: Request) -> Response:
    """The most telling step of a job."""
    timeline = site(request).runs.timeline(run_id(request))
    found = find_job(timeline, request.path_params["job"])
    step = most_telling(steps_of(timeline, found))
    if step is None:
        return _page(request, timeline, found, None)
    here = f"/runs/{timeline.run.id}/logs/{job_key(found.ref, found.attempt)}"
    return RedirectResponse(f"{here}/{step.index}", status_code=303)


def step(request: Request) -> Response:
    """One step's log."""
    timeline = site(request).runs.timeline(run_id(request))
    found = find_job(timeline, request.path_params["job"])
    text = request.path_params["step"]
    if not (text.isascii() and text.isdecimal()):
        raise NotFoundError(f"there is no step {text!r}", hint="open the job and choose a step there")
    return _page(request, timeline, found, find_step(steps_of(timeline, found), int(text[:9])))


def _page(request: Request, timeline: Timeline, found: JobRecord, step: StepRecord | None) -> Response:
    services = site(request)
    return render(
        request,
        "log.html",
        seq=last_seq(services, timeline.run.id),
        timeline=timeline,
        job=found,
        step=step,
        steps=steps_of(timeline, found),
        key_of_job=job_key(found.ref, found.attempt),
        other_jobs=[each for each in timeline.jobs if each is not found],
        running=timeline.run.state is not State.COMPLETED,
        complete=step is None or step.state is State.COMPLETED,
        window=_lines(request, timeline, found, step),
        page_size=PAGE,
    )


def _lines(request: Request, timeline: Timeline, found: JobRecord, step: StepRecord | None) -> Window:
    log = site(request).logs.open(timeline.run.id, found.ref, found.attempt, step.index) if step else None
    if log is None or step is None:
        return Window(1, 0, 0, ())
    line = number(request, "line")
    start = line if line is not None else 1 if step.state is State.COMPLETED else -PAGE
    return window(log, start, PAGE)
