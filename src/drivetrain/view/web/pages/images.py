"""Images that stand in pages of others: badges of projects, pictures of runs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from drivetrain.errors import NotFoundError
from drivetrain.run.model import State
from drivetrain.view.badges import badge
from drivetrain.view.keys import key
from drivetrain.view.ports import RunFilter
from drivetrain.view.web.pages.base import run_id, site

if TYPE_CHECKING:
    from starlette.requests import Request

    from drivetrain.source.model import Project
    from drivetrain.view.site import Site

KIND = "image/svg+xml"
HEADERS = {
    # Pages of others show it, and nothing in it may do anything when it is opened by itself.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
ASKED_EACH_TIME = "no-cache"
KEPT = "public, max-age=86400, immutable"
"""Of a picture whose address says what is drawn."""
LONGEST = 300


def project_badge(request: Request) -> Response:
    """What came of the newest completed run of a project, on its default branch or on `?branch=`; `?label=` is put
    before it in place of the project's name.
    """
    services = site(request)
    try:
        project = named(services, request.path_params["project"])
    except NotFoundError as error:
        return PlainTextResponse(f"{error.message}\n", status_code=404)
    query = {name: request.query_params.get(name, "")[:LONGEST] for name in ("branch", "label")}
    return image(request, drawn(services, project, query["branch"], query["label"]), ASKED_EACH_TIME)


def drawn(services: Site, project: Project, branch: str = "", label: str = "") -> str:
    """The badge of a project."""
    wanted = RunFilter(project=project.name, branch=branch or project.branch, state=State.COMPLETED, limit=1)
    newest = services.runs.runs(wanted)
    return badge(label or project.name, newest[0].result if newest else None)


def named(services: Site, name: str) -> Project:
    """The project, by its name or its segment of an address. Raises NotFoundError."""
    for status in services.projects.projects():
        if name in {status.project.name, key(status.project.name)}:
            return status.project
    raise NotFoundError("there is no such project", hint="the list of projects shows those that there are")


def picture(request: Request) -> Response:
    """Metrics of a run, for who knows the address."""
    try:
        found = site(request).pictures.picture(run_id(request), request.path_params["key"])
    except NotFoundError:
        found = None
    return image(request, found, KEPT) if found else PlainTextResponse("there is no such picture\n", status_code=404)


def image(request: Request, svg: str, kept: str) -> Response:
    """An SVG with its ETag; 304 when the client has it."""
    tag = f'"{hashlib.sha256(svg.encode()).hexdigest()[:16]}"'
    headers = {**HEADERS, "ETag": tag, "Cache-Control": kept}
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(svg, media_type=KIND, headers=headers)
