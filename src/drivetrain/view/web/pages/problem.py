"""Errors as pages, or as JSON for those who ask for it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from drivetrain.errors import DrivetrainError
from drivetrain.view.problems import INTERNAL, Trouble, plain, trouble
from drivetrain.view.web.pages.base import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)


def show(request: Request, found: Trouble) -> Response:
    """The page of an error."""
    if "text/html" not in request.headers.get("accept", "*/*") and "*/*" not in request.headers.get("accept", "*/*"):
        return JSONResponse(found.document(), status_code=found.status)
    back = f"/runs/{request.path_params['run_id']}" if _on_a_run(request, found) else _place(request)
    return render(request, "message.html", code=found.status, trouble=found, back=back)


def _place(request: Request) -> str:
    """Where to go from an error: the thing itself, when only a part of it failed; else the list that it is in."""
    parts = request.url.path.split("/")
    if parts[1] not in {"endpoints", "models"}:
        return "/runs"
    return "/".join(parts[:3]) if len(parts) > 3 else f"/{parts[1]}"  # noqa: PLR2004 - /endpoints/NAME/...


def _on_a_run(request: Request, found: Trouble) -> bool:
    text = request.path_params.get("run_id", "")
    return bool(text.isdecimal()) and request.url.path != f"/runs/{text}" and found.code != "internal"


def ours(request: Request, error: Exception) -> Response:
    """An error of our tree."""
    assert isinstance(error, DrivetrainError)  # noqa: S101 - Starlette chose this handler by the type
    return show(request, trouble(error))


def http(request: Request, error: Exception) -> Response:
    """An unknown address, a wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
    return show(request, plain(error.status_code, str(error.detail)))


def bug(request: Request, error: Exception) -> Response:
    """A mistake of ours: logged in full, shown without details."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return show(request, INTERNAL)
