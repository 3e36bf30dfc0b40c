"""Why a run was started, and what has become of a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel

from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations

if TYPE_CHECKING:
    from drivetrain.view.whys import Found, WhyNot

router = APIRouter(tags=["why"])


class WhyShape(BaseModel):
    """Why there is a run."""

    run: int
    what: str
    """What has happened, in words."""
    rule: str
    """Which rule wanted a run; empty where a person did."""
    brought_by: str
    """How word of it came."""
    event: int | None
    at: str


class FoundShape(BaseModel):
    """An event of a commit, and what came of it."""

    event: int
    what: str
    brought_by: str
    at: str
    state: str
    """`new` while it waits, then `done`."""
    rule: str
    run: int | None


class WhyNotShape(BaseModel):
    """What a project has made of a commit."""

    project: str
    """Empty for a project that was removed."""
    commit: str
    events: list[FoundShape]
    runs: list[int]
    facts: list[str]
    """What else there is to know, in words."""


class WhyNotPage(BaseModel):
    """Every project that knows the commit."""

    projects: list[WhyNotShape]


@router.get("/runs/{run_id}/why")
def why(site: SiteOf, run_id: int) -> WhyShape:
    """Why a run was started: what has happened, how word of it came, and which rule decided."""
    found = site.whys.why(run_id)
    return WhyShape(
        run=found.run_id,
        what=found.what,
        rule=found.rule,
        brought_by=found.brought_by,
        event=found.event,
        at=found.at,
    )


@router.get("/commits/{sha}/why-not")
def why_not(site: SiteOf, sha: str, project: str = "") -> WhyNotPage:
    """What has become of a commit, or of what begins so, in one project or in all: its events and runs, which rule
    decided, and what the pipeline file at that commit says of a push now."""
    return WhyNotPage(projects=[_project(each) for each in site.whys.why_not(sha, project)])


def _project(value: WhyNot) -> WhyNotShape:
    return WhyNotShape(
        project=value.project,
        commit=value.sha,
        events=[_found(each) for each in value.events],
        runs=list(value.runs),
        facts=list(value.facts),
    )


def _found(value: Found) -> FoundShape:
    return FoundShape(
        event=value.event,
        what=value.what,
        brought_by=value.brought_by,
        at=value.at,
        state=value.state,
        rule=value.rule,
        run=value.run_id,
    )
