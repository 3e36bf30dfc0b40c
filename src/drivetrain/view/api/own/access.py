"""What every route of the API starts from."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from drivetrain.errors import DrivetrainError
from drivetrain.view.problems import FORBIDDEN
from drivetrain.view.security import same_origin
from drivetrain.view.site import Site


class ForbiddenError(DrivetrainError):
    """A change that another site's page asked for."""


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _own_pages_only(request: Request) -> None:
    if not same_origin(request):
        raise ForbiddenError(FORBIDDEN.message, hint=FORBIDDEN.hint)


SiteOf = Annotated[Site, Depends(_site)]
OwnPagesOnly = Depends(_own_pages_only)
