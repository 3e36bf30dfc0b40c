"""Retention: who keeps a run, and what is removed when."""

from __future__ import annotations

from fastapi import APIRouter

from drivetrain.clock import timestamp
from drivetrain.record.retention.model import Lease  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.shapes import FateShape, KeepRequest, LeaseShape

router = APIRouter(tags=["retention"])


@router.get("/runs/{run_id}/leases")
def list_leases(site: SiteOf, run_id: int) -> list[LeaseShape]:
    """Why and by whom a run is kept."""
    site.runs.timeline(run_id)
    return [_lease(each) for each in site.retention.leases(run_id)]


@router.post("/runs/{run_id}/keep", status_code=201, dependencies=[OwnPagesOnly])
def keep_run(site: SiteOf, run_id: int, wish: KeepRequest) -> LeaseShape:
    """Keep a run with its logs and artifacts, whatever the rules say."""
    return _lease(site.retention.keep(run_id, reason=wish.reason, by=site.owner, days=wish.days))


@router.post("/runs/{run_id}/unkeep", dependencies=[OwnPagesOnly])
def unkeep_run(site: SiteOf, run_id: int) -> list[LeaseShape]:
    """Let the rules decide again; the leases that are left, none."""
    site.runs.timeline(run_id)
    site.retention.unkeep(run_id)
    return [_lease(each) for each in site.retention.leases(run_id)]


@router.get("/retention")
def get_outlook(site: SiteOf) -> list[FateShape]:
    """What happens to every completed run, and when; the soonest first."""
    return [
        FateShape(
            run=fate.run.id,
            number=fate.run.number,
            pipeline=fate.run.pipeline,
            branch=fate.run.branch,
            what=fate.what,
            at=timestamp(fate.at) if fate.at else None,
            why=fate.why,
        )
        for fate in site.retention.outlook()
    ]


def _lease(lease: Lease) -> LeaseShape:
    return LeaseShape(id=lease.id, reason=lease.reason, by=lease.by, created_at=lease.created_at, until=lease.until)
