"""Deciding on what waits in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from drivetrain.errors import UserError
from drivetrain.view.ports import Answer
from drivetrain.view.web.pages.base import form, run_id, site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

DECISIONS = {"approve": True, "reject": False}


async def decide(request: Request) -> Response:
    """Approve or reject; then the run's page again."""
    wanted, fields, services = run_id(request), await form(request), site(request)
    if fields.get("decision") not in DECISIONS:
        raise UserError("this is not a decision", hint="use the page's own buttons")
    answer = Answer(
        DECISIONS[fields["decision"]],
        fields.get("by", "").strip() or services.owner,
        fields.get("comment", "").strip(),
        approval=_number(fields.get("approval", "")),
        acting=services.owner,
    )
    await run_in_threadpool(services.desk.decide, wanted, answer)
    return RedirectResponse(f"/runs/{wanted}", status_code=303)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 18):  # noqa: PLR2004 - what SQLite can count to
        raise UserError("this names no question", hint="use the page's own buttons")
    return int(text)
