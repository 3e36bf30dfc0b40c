"""Finding runs as the queries of builds ask for them: many filters, pages by a token."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.errors import UserError
from drivetrain.view.api.devops.words import build_result, build_status, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from drivetrain.run.model import Run
    from drivetrain.view.api.devops.teams import TeamProject
    from drivetrain.view.site import Site

PAGE = 200
MOST = 5000
"""In one answer, as on Azure."""
CHRONOLOGICAL = ("finishTimeAscending", "queueTimeAscending", "startTimeAscending")


class Wanted(Struct, frozen=True):
    """Which builds are wanted; an empty field does not filter. Lists are texts with commas, as in a query."""

    status: str = ""
    result: str = ""
    reason: str = ""
    branch: str = ""
    number: str = ""
    """With `*` for any part."""
    requested_for: str = ""
    tags: str = ""
    ids: str = ""
    since: datetime | None = None
    until: datetime | None = None
    order: str = ""
    latest_only: bool = False

    def matches(self, run: Run) -> bool:
        """Whether a run is one of them."""
        return (
            _one_of(self.status, build_status(run), also="all")
            and _one_of(self.result, build_result(run) or "none")
            and _one_of(self.reason, reason_of(run), also="all")
            and self.branch in {"", run.source.ref, run.source.ref.removeprefix("refs/heads/")}
            and (not self.number or fnmatchcase(run.number.lower(), _pattern(self.number)))
            and self.requested_for.lower() in run.requested_for.lower()
            and _listed(self.tags) <= {tag.lower() for tag in run.tags}
            and (not self.ids or str(run.id) in _listed(self.ids))
            and self._in_time(run)
        )

    def _in_time(self, run: Run) -> bool:
        """By the time that `order` is about: of the end, of the start, or of the queueing."""
        if self.since is None and self.until is None:
            return True
        of_start = run.started_at if self.order.startswith("startTime") else run.created_at
        text = run.finished_at if self.order.startswith("finishTime") else of_start
        if not text:
            return False
        at = parse_timestamp(text)
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


def _listed(text: str) -> set[str]:
    return {part.strip().lower() for part in text.split(",") if part.strip()}


def _one_of(wanted: str, found: str, also: str = "") -> bool:
    words = _listed(wanted)
    return not words or found.lower() in words or (bool(also) and also in words)


def _pattern(number: str) -> str:
    return number.lower().replace("[", "[[]").replace("?", "[?]")


class Found(Struct, frozen=True):
    """Some runs, and where the next page begins."""

    runs: list[Run]
    token: str = ""


def find_runs(site: Site, project: TeamProject, wanted: Wanted, top: int, token: str) -> Found:
    """The runs of a project that match, newest first unless an order says otherwise. Raises UserError for a token that
    is none of ours.
    """
    top = min(top, MOST)
    if wanted.latest_only:
        top = min(top, 1)
    if wanted.order in CHRONOLOGICAL:
        found = _oldest_first(site, project, wanted, token)
    else:
        found = (run for run in every_run(site, project, _token(token)) if wanted.matches(run))
    return _page(found, top)


def _page(found: Iterator[Run], top: int) -> Found:
    runs: list[Run] = []
    for run in found:
        if len(runs) == top:
            return Found(runs, str(runs[-1].id) if runs else "")
        runs.append(run)
    return Found(runs)


def _oldest_first(site: Site, project: TeamProject, wanted: Wanted, token: str) -> Iterator[Run]:
    after = _token(token) or 0
    matching = [run for run in every_run(site, project, None) if run.id > after and wanted.matches(run)]
    yield from reversed(matching)


def every_run(site: Site, project: TeamProject, before: int | None) -> Iterator[Run]:
    """The runs of a project, newest first, read page by page."""
    keep: Callable[[Run], bool] = project.has
    while True:
        page = site.runs.runs(replace(project.runs(), before=before, limit=PAGE))
        yield from filter(keep, page)
        if len(page) < PAGE:
            return
        before = page[-1].id


def _token(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 10:  # noqa: PLR2004 - digits of the largest id
        raise UserError(f"{text[:40]!r} is no continuation token of this server", hint="ask without one")
    return int(text)
