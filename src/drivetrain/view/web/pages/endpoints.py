"""Endpoints: all of them, one with its deployments, charts and history; traffic, rollback and keys."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse

from drivetrain.clock import timestamp
from drivetrain.errors import NotFoundError, UserError
from drivetrain.serve.release.actions import Facts
from drivetrain.serve.rules.live import what_it_serves
from drivetrain.view.keys import key
from drivetrain.view.models.finding import finder
from drivetrain.view.serving import lines
from drivetrain.view.serving.live import goes_back_to, instances, lowered, split_words, told
from drivetrain.view.serving.looks import deployment_look, instance_look, release_look
from drivetrain.view.serving.rows import row, rows
from drivetrain.view.serving.steps import steps, watched, why
from drivetrain.view.web.pages.base import form, render, site
from drivetrain.view.web.pages.served import find, serving
from drivetrain.view.web.pages.trying import example_of, form_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.serve.model import Endpoint
    from drivetrain.serve.release.model import Release
    from drivetrain.view.serving.lines import Measured
    from drivetrain.view.serving.ports import Serves
    from drivetrain.view.serving.rows import EndpointRow
    from drivetrain.view.serving.steps import StepView

RELEASES = 10
OLDEST = 1000
"""So many entries of the history are looked at for what a rollback would bring, as the rollback itself does."""
HISTORY = 10
PAGE = 50
LAST_PAGE = 10_000
LOG_LINES = 200
LONGEST_EXAMPLE = 1500
"""Characters of an example that are written into a command line."""


def show_all(request: Request) -> Response:
    """All endpoints."""
    services = site(request)
    found = rows(services.serves, finder(services.registry), services.clock.now()) if services.serves else []
    return render(request, "endpoints.html", rows=found, release_look=release_look)


def show(request: Request) -> Response:
    """One endpoint."""
    serves, endpoint, now = serving(request), find(request), site(request).clock.now()
    going = serves.releases.under_way()
    found = row(serves, endpoint, going, finder(site(request).registry), now)
    history = serves.endpoints.history(endpoint.name, limit=OLDEST)
    return render(
        request,
        "endpoint.html",
        row=found,
        back=goes_back_to(found.release, found.deployments, history),
        models={each.name.lower(): what_it_serves(each.spec) for each in found.deployments},
        split=split_words,
        lowered=lowered,
        traffic=lowered(endpoint.traffic),
        mirror=lowered(endpoint.mirror),
        live={each.live.deployment.name: each for each in found.live},
        instances=instances,
        releases=serves.releases.of(endpoint.name, limit=RELEASES),
        steps=_steps(request, serves, found.release) if found.release else [],
        watched=watched(found.release, found.status, now) if found.release else None,
        history=list(told(history[:HISTORY])),
        more=len(history) > HISTORY,
        command=_command(found),
        deployment_look=deployment_look,
        instance_look=instance_look,
        release_look=release_look,
        **_measures(request, serves, endpoint),
        **form_of(request, endpoint, found.deployments),
    )


def _measures(request: Request, serves: Serves, endpoint: Endpoint) -> dict[str, Any]:
    measured = _measured(request, serves, endpoint)
    charts = lines.charts(measured) if measured and measured.deployments else []
    return {"measured": measured, "charts": charts, "spans": lines.SPANS, "kept": serves.minutes is not None}


def _measured(request: Request, serves: Serves, endpoint: Endpoint) -> Measured | None:
    if serves.minutes is None:
        return None
    now, wanted = site(request).clock.now(), request.query_params.get("span", "")
    span = next((each for each in lines.SPANS if each.name == wanted), lines.SPANS[0])
    begin = timestamp(now - timedelta(minutes=span.minutes + 1))
    return lines.measured(serves.minutes.of(endpoint.name, begin), span, now)


def _command(found: EndpointRow) -> str:
    body = example_of(found.deployments, found.endpoint)
    if not body or len(body) > LONGEST_EXAMPLE:
        body = '{"input_data": {"columns": [], "index": [], "data": []}}'
    return (
        f"curl -X POST {shlex.quote(found.url + '/score')} \\\n"
        f'  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n'
        f"  --data {shlex.quote(body)}"
    )


def figures(request: Request) -> Response:
    """What every deployment has answered since its front started, for charts of what happens now."""
    serves, endpoint = serving(request), find(request)
    status = serves.fronts.status(endpoint.name)
    tallies = {
        name: {"requests": each.requests, "errors": each.errors, "slower_than": each.slower_than}
        for name, each in sorted((status.tallies if status else {}).items())
    }
    return JSONResponse({"started": status.started_at if status else "", "deployments": tallies})


def history(request: Request) -> Response:
    """All that has changed, a page at a time."""
    serves, name = serving(request), find(request).name
    page = _page(request)
    found = serves.endpoints.history(name, limit=page * PAGE + 1)
    entries = list(told(found[(page - 1) * PAGE : page * PAGE]))
    return render(
        request, "endpoint_history.html", name=name, entries=entries, page=page, more=len(found) > page * PAGE,
        split=split_words, lowered=lowered,
    )  # fmt: skip


def logs(request: Request) -> Response:
    """The end of what the replicas of a deployment have written."""
    serves, endpoint = serving(request), find(request)
    name = next(
        (
            each.name
            for each in serves.endpoints.deployments(endpoint.name)
            if key(each.name) == request.path_params["deployment"]
        ),
        "",
    )
    if not name:
        raise NotFoundError("there is no such deployment", hint="the endpoint's page shows those that there are")
    text = serves.fronts.log(endpoint.name, name, lines=LOG_LINES)
    return render(
        request, "endpoint_log.html", name=endpoint.name, deployment=name, lines=text.splitlines()[-LOG_LINES:]
    )


def keys(request: Request) -> Response:
    """Both keys, for who has asked to see them."""
    serves, endpoint = serving(request), find(request)
    return render(request, "endpoint_keys.html", name=endpoint.name, keys=serves.endpoints.keys(endpoint.name))


async def change_traffic(request: Request) -> Response:
    """Another split; then the endpoint's page."""
    fields = await form(request)
    split, mirror = _percents(fields, "traffic:"), _percents(fields, "mirror:")

    def change() -> Endpoint:
        endpoint = find(request)
        return serving(request).verbs.set_traffic(endpoint.name, split, mirror, by=site(request).owner)

    return _to(await run_in_threadpool(change))


def _percents(fields: dict[str, str], prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, text in fields.items():
        if name.startswith(prefix):
            if not (text.strip() or "0").isascii() or not (text.strip() or "0").isdecimal():
                raise UserError(f"{text[:50]!r} is no percent", hint="a whole number from 0 to 100")
            found[name.removeprefix(prefix)] = int((text.strip() or "0")[:6])
    return {name: percent for name, percent in found.items() if percent}


def rollback(request: Request) -> Response:
    """Back to what was live before; then the endpoint's page."""
    endpoint = serving(request).verbs.rollback(find(request).name, by=site(request).owner)
    return _to(endpoint)


def release(request: Request) -> Response:
    """One release."""
    serves, endpoint, now = serving(request), find(request), site(request).clock.now()
    found = _release(request, serves, endpoint)
    return render(
        request,
        "release.html",
        endpoint=endpoint,
        release=found,
        steps=_steps(request, serves, found),
        watched=watched(found, serves.fronts.status(endpoint.name), now),
        split=split_words,
        release_look=release_look,
    )


def _steps(request: Request, serves: Serves, found: Release) -> list[StepView]:
    """The steps of a release, with what the present one waits for."""
    if not found.under_way:
        return steps(found, "")
    deployments = serves.endpoints.deployments(found.endpoint)
    mine = next((each for each in deployments if each.name.lower() == found.deployment.lower()), None)
    facts = Facts(serves.endpoints.wanted(found.endpoint), mine, serves.fronts.status(found.endpoint))
    said = serves.progress(found.endpoint, found.deployment)
    return steps(found, why(found, facts, site(request).clock.now(), said))


def cancel_release(request: Request) -> Response:
    """Stop a release, and give the traffic back; then its page."""
    serves, endpoint = serving(request), find(request)
    found = serves.verbs.cancel_release(_release(request, serves, endpoint).id, by=site(request).owner)
    return RedirectResponse(f"/endpoints/{key(endpoint.name)}/releases/{found.id}", status_code=303)


def _release(request: Request, serves: Serves, endpoint: Endpoint) -> Release:
    text = request.path_params["release"]
    if text.isascii() and text.isdecimal() and len(text) < 18:  # noqa: PLR2004 - what SQLite can count to
        found = serves.releases.get(int(text))
        if found.endpoint.lower() == endpoint.name.lower():
            return found
    raise NotFoundError("there is no such release", hint="the endpoint's page shows those that there are")


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 1  # noqa: PLR2004
    return min(max(1, number), LAST_PAGE)


def _to(endpoint: Endpoint) -> Response:
    return RedirectResponse(f"/endpoints/{key(endpoint.name)}", status_code=303)
