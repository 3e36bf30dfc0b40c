"""One run: its stages, jobs and steps, issues, artifacts and training runs; cancel and run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from drivetrain.run.reopen import BAD, Again
from drivetrain.view.api.own.translate import mlflow_page
from drivetrain.view.attachments import attached, every_event
from drivetrain.view.caches import cache_uses
from drivetrain.view.finding import find_artifact
from drivetrain.view.verdicts import failures
from drivetrain.view.web import gates, tree
from drivetrain.view.web.comparison import side_by_side
from drivetrain.view.web.pages import reports
from drivetrain.view.web.pages.base import form, render, run_id, site
from drivetrain.view.web.summaries import summaries

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.view.site import Site

MAX_ISSUES = 50
MAX_FILES = 2000
LONGEST_REASON = 1000


def show(request: Request) -> Response:
    """The run's page."""
    wanted, services = run_id(request), site(request)
    events = list(every_event(services.runs, wanted))
    timeline = services.runs.timeline(wanted)
    attachments = list(attached(events, services.logs, wanted))
    training = services.training.of_pipeline_run(wanted)
    questions = services.desk.of_run(wanted)
    issues = sorted(tree.issues(timeline), key=lambda issue: issue.type != "error")
    return render(
        request,
        "run.html",
        seq=events[-1].seq if events else 0,
        timeline=timeline,
        attachments=attachments,
        caches=list(cache_uses(events)),
        summaries=summaries(attachments),
        stages=tree.stages(timeline),
        named_stages=tree.has_named_stages(timeline),
        issues=issues[:MAX_ISSUES],
        issues_count=len(issues),
        failed=any(stage.result in BAD for stage in timeline.stages),
        leases=services.retention.leases(wanted),
        training=training,
        comparison=side_by_side(training),
        mlflow_page=mlflow_page,
        questions=gates.waiting(questions, timeline, services.owner) if timeline.run.result is None else [],
        checks=gates.of_stages(questions),
        reports=reports.of_run(services, wanted),
        why=services.whys.why(wanted),
        verdicts=list(reversed(services.verdicts.of_run(wanted))),
        why_of=failures,
    )


def artifact(request: Request) -> Response:
    """The files of an artifact."""
    services = site(request)
    timeline = services.runs.timeline(run_id(request))
    found = find_artifact(timeline, request.path_params["artifact"])
    files = services.artifacts.files(timeline.run.id, found.name)
    shown = files[:MAX_FILES]
    return render(
        request, "artifact.html", run=timeline.run, artifact=found, files=shown, left_out=len(files) - len(shown)
    )


def cancel(request: Request) -> Response:
    """Ask the run to end; then its page again."""
    wanted, services = run_id(request), site(request)
    services.verbs.cancel(wanted, by=services.owner)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def start(request: Request) -> Response:
    """Start a stage that waits for it; then the run's page again."""
    wanted, services = run_id(request), site(request)
    services.verbs.start(wanted, request.path_params["stage"], by=services.owner)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


async def keep(request: Request) -> Response:
    """Keep the run, whatever the rules of retention say; then its page again."""
    fields = await form(request)
    wanted, services = run_id(request), site(request)
    reason = fields.get("reason", "").strip()[:LONGEST_REASON]
    await run_in_threadpool(lambda: services.retention.keep(wanted, reason=reason, by=services.owner))
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def unkeep(request: Request) -> Response:
    """Let the rules decide again; then the run's page again."""
    wanted, services = run_id(request), site(request)
    services.retention.unkeep(wanted)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def rerun(request: Request) -> Response:
    """Start the same again; then the new run's page."""
    services = site(request)
    new = services.verbs.rerun(run_id(request), by=services.owner)
    return RedirectResponse(f"/runs/{new.id}", status_code=303)


def rerun_failed(request: Request) -> Response:
    """Run what failed again, in the same run; then its page."""
    wanted, services = run_id(request), site(request)
    services.verbs.reopen(wanted, Again(), by=services.owner)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def rerun_stage(request: Request) -> Response:
    """Run all jobs of a stage again, in the same run; then its page."""
    wanted, services = run_id(request), site(request)
    services.verbs.reopen(wanted, Again((request.path_params["stage"],), whole=True), by=services.owner)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def last_seq(services: Site, wanted: int) -> int:
    """The newest event that a page already shows: read before the page's facts, so nothing falls between."""
    seq = 0
    while events := services.runs.events(wanted, seq):
        seq = events[-1].seq
    return seq
