"""What every page starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from drivetrain.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.view.site import Site
    from drivetrain.view.web.rendering import Renderer

MAX_FORM = 1 << 16


def site(request: Request) -> Site:
    """The services behind the pages."""
    return cast("Site", request.app.state.site)


def render(request: Request, template: str, *, code: int = 200, **context: Any) -> Response:
    """A page."""
    renderer = cast("Renderer", request.app.state.renderer)
    return renderer.page(request, template, code=code, **context)


def run_id(request: Request) -> int:
    """The run that the address names. Raises NotFoundError."""
    text = request.path_params["run_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):  # noqa: PLR2004 - what SQLite can count to
        raise NotFoundError(f"there is no run {text!r}", hint="the list of runs shows those that there are")
    return int(text)


def number(request: Request, name: str) -> int | None:
    """A whole number of the query, if it is one."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None  # noqa: PLR2004


async def form(request: Request) -> dict[str, str]:
    """The fields of a small form. Raises UserError when it is none, or too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            raise UserError("this form is too large", hint="use the API for long values")
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise UserError("this is not a form", hint="use the page's own button") from error
    return {name: values[-1] for name, values in fields.items()}
