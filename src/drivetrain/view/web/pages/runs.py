"""The list of runs: those that run first, then those completed, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec.structs import replace

from drivetrain.run.model import Result, State
from drivetrain.view.ports import RunFilter
from drivetrain.view.web.pages.base import number, render, site
from drivetrain.view.web.present import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.model import Run
    from drivetrain.view.ports import RunQueries

PAGE = 50
RUNNING = "running"
FIELDS = ("project", "branch", "text", "result", "commit")


def show(request: Request) -> Response:
    """The list, filtered."""
    query = {name: request.query_params.get(name, "")[:500] for name in FIELDS}
    wanted = RunFilter(project=query["project"], branch=query["branch"], text=query["text"], limit=PAGE)
    wanted = replace(wanted, commit=query["commit"])
    wanted = replace(wanted, before=number(request, "before"), result=_result(query["result"]))
    runs = site(request).runs
    completed = _completed(runs, wanted) if query["result"] != RUNNING else []
    kept = {name: value for name, value in query.items() if value}
    return render(
        request,
        "runs.html",
        wanted=wanted,
        filtered=bool(kept),
        result=query["result"],
        results=[(RUNNING, "Running"), *((result.value, seen.word) for result, seen in RESULTS.items())],
        choices=runs.choices(),
        running=_running(runs, wanted),
        completed=completed[:PAGE],
        older=_address({**kept, "before": str(completed[PAGE - 1].id)}) if len(completed) > PAGE else "",
        newest=_address(kept),
    )


def _result(text: str) -> Result | None:
    return Result(text) if text in set(Result) else None


def _running(runs: RunQueries, wanted: RunFilter) -> Sequence[Run]:
    if wanted.before or wanted.result:
        return []
    return [run for state in (State.RUNNING, State.PENDING) for run in runs.runs(replace(wanted, state=state))]


def _completed(runs: RunQueries, wanted: RunFilter) -> Sequence[Run]:
    return runs.runs(replace(wanted, state=State.COMPLETED, limit=PAGE + 1))


def _address(query: dict[str, str]) -> str:
    return f"/runs?{urlencode(query)}" if query else "/runs"
