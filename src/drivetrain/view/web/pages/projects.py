"""Projects: which repositories are watched, and how; one project with its runs; starting a run by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from drivetrain.errors import NotFoundError
from drivetrain.run.model import Result
from drivetrain.source.webhooks.model import IGNORED
from drivetrain.view.keys import key
from drivetrain.view.ports import QueueRequest, RunFilter, Watch
from drivetrain.view.web import present
from drivetrain.view.web.pages.base import form, render, site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.model import Run
    from drivetrain.source.webhooks.model import Delivery
    from drivetrain.view.ports import ProjectStatus
    from drivetrain.view.web.present import Look

RUNS = 25
DELIVERIES = 10


class ProjectRow(Struct, frozen=True):
    """A project with its newest run."""

    status: ProjectStatus
    last: Run | None


def watching(status: ProjectStatus) -> str:
    """How word of a push comes, in words."""
    poll = f"looked at every {status.project.poll_seconds:g} s" if status.project.poll_seconds else ""
    if status.watch is Watch.HOOK:
        return f"By a git hook{f', and {poll}' if poll else ''}"
    if status.watch is Watch.HOST:
        return f"By its host's deliveries{f', and {poll}' if poll else ''}"
    if status.watch is Watch.POLL and poll:
        return poll[0].upper() + poll[1:]
    return "Not watched: runs are started by hand"


def show_all(request: Request) -> Response:
    """All projects."""
    services = site(request)
    rows = []
    for status in services.projects.projects():
        newest = services.runs.runs(RunFilter(project=status.project.name, limit=1))
        rows.append(ProjectRow(status, newest[0] if newest else None))
    return render(request, "projects.html", rows=rows, watching=watching)


def show(request: Request) -> Response:
    """One project."""
    status = _find(request)
    runs = site(request).runs.runs(RunFilter(project=status.project.name, limit=RUNS + 1))
    deliveries = site(request).deliveries.recent(status.project.id, DELIVERIES)
    return render(
        request,
        "project.html",
        status=status,
        runs=runs[:RUNS],
        more=len(runs) > RUNS,
        watching=watching,
        deliveries=deliveries,
        delivery_look=_delivery_look,
        answers=site(request).answers.standing(status.project.id),
        badge=f"/badges/{key(status.project.name)}.svg",
        markdown=badge_markdown(status.project.name, str(request.base_url).rstrip("/")),
        public=site(request).badges,
    )


def badge_markdown(project: str, address: str) -> str:
    """What to paste into a README: the badge, leading to the project."""
    return f"[![Build status]({address}/badges/{key(project)}.svg)]({address}/projects/{key(project)})"


def _delivery_look(delivery: Delivery) -> Look:
    if delivery.state == "done" and delivery.outcome.startswith(IGNORED):
        return present.RESULTS[Result.SKIPPED]
    return {"new": present.PENDING, "failed": present.RESULTS[Result.FAILED]}.get(delivery.state, present.TAKEN)


async def queue(request: Request) -> Response:
    """Start a run; then its page."""
    fields = await form(request)

    def start() -> Run:
        services = site(request)
        wanted = QueueRequest(
            _find(request).project.name, fields.get("branch", "").strip(), fields.get("commit", "").strip()
        )
        return services.verbs.queue(wanted, by=services.owner)

    run = await run_in_threadpool(start)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


def _find(request: Request) -> ProjectStatus:
    for status in site(request).projects.projects():
        if key(status.project.name) == request.path_params["project"]:
            return status
    raise NotFoundError("there is no such project", hint="the list of projects shows those that there are")
