"""What the pages of endpoints start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.view.keys import key
from drivetrain.view.web.pages.base import site

if TYPE_CHECKING:
    from starlette.requests import Request

    from drivetrain.serve.model import Endpoint
    from drivetrain.view.serving.ports import Serves


def serving(request: Request) -> Serves:
    """What pages read of endpoints. Raises NotFoundError where nothing is served."""
    serves = site(request).serves
    if serves is None:
        raise NotFoundError("this server serves no endpoints", hint="drivetrain up starts one that does")
    return serves


def find(request: Request) -> Endpoint:
    """The endpoint that the address names. Raises NotFoundError."""
    for each in serving(request).endpoints.all():
        if key(each.name).lower() == request.path_params["endpoint"].lower():
            return each
    raise NotFoundError("there is no such endpoint", hint="the list of endpoints shows those that there are")
