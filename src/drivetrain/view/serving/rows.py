"""Endpoints as pages list them: each with what is live in it, and how that is doing. Reads the ports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import parse_timestamp, timestamp
from drivetrain.view.models.finding import other_champion
from drivetrain.view.serving.figures import added, figures
from drivetrain.view.serving.lines import SPANS, spark
from drivetrain.view.serving.live import live, under_way
from drivetrain.view.serving.looks import endpoint_look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.serve.measures.model import Minute
    from drivetrain.serve.model import Deployment, Endpoint, Status
    from drivetrain.serve.release.model import Release
    from drivetrain.view.serving.figures import Figures
    from drivetrain.view.serving.live import Live
    from drivetrain.view.serving.ports import Serves
    from drivetrain.view.web.present import Look

RECENT = 5
"""Minutes that count as now."""
HISTORY = 500
"""Entries in which it is looked for when something went live."""


class LiveRow(Struct, frozen=True):
    """A deployment with traffic, with what is known of its model."""

    live: Live
    version: ModelVersion | None
    champion: ModelVersion | None = None
    """The champion of its model, when that is another version."""


class EndpointRow(Struct, frozen=True):
    """One endpoint."""

    endpoint: Endpoint
    look: Look
    status: Status | None
    deployments: Sequence[Deployment]
    live: Sequence[LiveRow]
    release: Release | None
    total: Figures
    by_deployment: Mapping[str, Figures]
    window: str
    """Over what the figures are."""
    spark: str
    """The requests of the last hour as the `d` of an SVG path; empty when it is not known."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.status.url if self.status else f"http://127.0.0.1:{self.endpoint.port}"


def rows(serves: Serves, find: Callable[[str], ModelVersion | None], now: datetime) -> list[EndpointRow]:
    """Every endpoint: those that get requests first, by name."""
    going = serves.releases.under_way()
    found = [row(serves, each, going, find, now) for each in serves.endpoints.all()]
    return sorted(found, key=lambda each: not each.live)


def row(
    serves: Serves,
    endpoint: Endpoint,
    going: Sequence[Release],
    find: Callable[[str], ModelVersion | None],
    now: datetime,
) -> EndpointRow:
    """One endpoint."""
    status = serves.fronts.status(endpoint.name)
    deployments = serves.endpoints.deployments(endpoint.name)
    found = live(endpoint, deployments, serves.endpoints.history(endpoint.name, limit=HISTORY))
    minutes = _minutes(serves, endpoint.name, now)
    total, single, window = recent(minutes, status, now)
    return EndpointRow(
        endpoint,
        endpoint_look(endpoint, status),
        status,
        deployments,
        [_live_row(each, find) for each in found],
        under_way(going, endpoint.name),
        total,
        single,
        window,
        spark(minutes or (), now),
    )


def _live_row(found: Live, find: Callable[[str], ModelVersion | None]) -> LiveRow:
    model = found.deployment.spec.model
    return LiveRow(found, find(model), other_champion(model, find))


def _minutes(serves: Serves, name: str, now: datetime) -> Sequence[Minute] | None:
    if serves.minutes is None:
        return None
    return serves.minutes.of(name, timestamp(now - timedelta(minutes=SPANS[0].minutes + 1)))


def recent(
    minutes: Sequence[Minute] | None, status: Status | None, now: datetime
) -> tuple[Figures, dict[str, Figures], str]:
    """How an endpoint does now: by what was measured in the last minutes, else since its front started."""
    if minutes:
        last = parse_timestamp(max(each.at for each in minutes))
        # Minutes are written down when they are over, and a little later: these end with the last that was.
        end = last if now - last < timedelta(minutes=3) else now.replace(second=0, microsecond=0)
        begin = end - timedelta(minutes=RECENT - 1)
        newest = [each for each in minutes if parse_timestamp(each.at) >= begin]
        names = sorted({each.deployment for each in newest})
        tallies = {name: added(each.tally for each in newest if each.deployment == name) for name in names}
        seconds, window = RECENT * 60.0, f"last {RECENT} minutes"
    elif status:
        tallies, window = dict(status.tallies), "since it started"
        seconds = max(1.0, (now - parse_timestamp(status.started_at)).total_seconds())
    else:
        tallies, window, seconds = {}, "", 1.0
    single = {name.lower(): figures(tally, seconds) for name, tally in tallies.items()}
    return figures(added(tallies.values()), seconds), single, window
