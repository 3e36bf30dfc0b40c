"""What webhooks have delivered, what came of it, and once more."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from drivetrain.errors import NotFoundError
from drivetrain.source.model import SourceEvent  # noqa: TC001 - FastAPI reads annotations
from drivetrain.source.webhooks.model import Delivery  # noqa: TC001
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf

router = APIRouter(prefix="/hooks/deliveries", tags=["webhooks"])


class DeliveryShape(BaseModel):
    """A request of a webhook whose signature was good."""

    id: int
    host: str
    event: str
    """The host's own word."""
    guid: str
    """What the host calls it."""
    received_at: str
    state: str
    """`new`, `done` or `failed`."""
    outcome: str
    tries: int
    handled_at: str
    """When it was looked at last; empty while it waits for the first time."""


class EventShape(BaseModel):
    """A push that a delivery has told of."""

    id: int
    ref: str
    old_sha: str
    new_sha: str
    state: str
    outcome: str
    run: int | None


class DeliveryDetail(DeliveryShape):
    """A delivery with all that was kept of it. The headers hold no credentials."""

    headers: dict[str, str]
    body: str
    events: list[EventShape]


@router.get("")
def list_deliveries(
    site: SiteOf,
    project: str = "",
    state: Annotated[str | None, Query(pattern="new|done|failed")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> list[DeliveryShape]:
    """Deliveries, newest first; those of one `project`'s repository, those in one `state`."""
    found = site.deliveries.recent(_project_id(site, project) if project else None, limit, state)
    return [DeliveryShape(**_plain(each)) for each in found]


@router.get("/{delivery_id}")
def get_delivery(site: SiteOf, delivery_id: int) -> DeliveryDetail:
    """One of them, with headers and body."""
    found = site.deliveries.get(delivery_id)
    return DeliveryDetail(
        **_plain(found),
        headers=dict(found.headers),
        body=found.body.decode("utf-8", "replace"),
        events=[_event(each) for each in site.deliveries.events(delivery_id)],
    )


@router.post("/{delivery_id}/replay", status_code=202, dependencies=[OwnPagesOnly])
def replay_delivery(site: SiteOf, delivery_id: int) -> DeliveryShape:
    """Have it looked at again; what it has started already is not started again."""
    site.deliveries.replay(delivery_id)
    return DeliveryShape(**_plain(site.deliveries.get(delivery_id)))


def _project_id(site: SiteOf, name: str) -> int:
    for each in site.projects.projects():
        if each.project.name == name:
            return each.project.id
    raise NotFoundError(f"there is no project {name!r}", hint="GET /api/v1/projects lists them")


def _plain(found: Delivery) -> dict[str, Any]:
    return {name: getattr(found, name) for name in DeliveryShape.model_fields}


def _event(event: SourceEvent) -> EventShape:
    update = event.update
    return EventShape(
        id=event.id,
        ref=update.ref,
        old_sha=update.old_sha,
        new_sha=update.new_sha,
        state=event.state,
        outcome=event.outcome,
        run=event.run_id,
    )
