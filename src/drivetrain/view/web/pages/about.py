"""What this server is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.web.pages.base import render, site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def show(request: Request) -> Response:
    """Version, home, and where its other faces are."""
    services = site(request)
    return render(request, "about.html", home=services.home, owner=services.owner)
