"""Environments: what is deployed to, what waits for a decision, and one environment with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.run.checks.approval import who_is_missing
from drivetrain.run.checks.kinds import describe, title
from drivetrain.view.protection import checks_of
from drivetrain.view.web.pages.base import render, site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.deployments.model import Deployment, Environment

DEPLOYMENTS = 100


class EnvironmentRow(Struct, frozen=True):
    """An environment with its newest deployment."""

    environment: Environment
    last: Deployment | None


def show_all(request: Request) -> Response:
    """All environments."""
    services = site(request)
    latest = services.environments.latest()
    rows = [EnvironmentRow(each, latest.get(each.id)) for each in services.environments.all()]
    waiting = services.desk.waiting()
    return render(request, "environments.html", rows=rows, waiting=waiting, who=who_is_missing)


def show(request: Request) -> Response:
    """One environment."""
    services, wanted = site(request), request.path_params["environment"]
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 18):  # noqa: PLR2004 - what SQLite can count to
        raise NotFoundError("there is no such environment", hint="the list of environments shows those that there are")
    found = services.environments.get(int(wanted))
    history = services.environments.history(found.id, DEPLOYMENTS)
    checks = [(title(check.type), describe(check), check) for check in checks_of(services.desk, found)]
    return render(request, "environment.html", environment=found, history=history, checks=checks)
