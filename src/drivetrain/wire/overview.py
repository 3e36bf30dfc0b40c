"""What `drivetrain status` tells: read from the home, with the server up or down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UnavailableError
from drivetrain.serve.rules.live import what_it_serves
from drivetrain.store.database import Database
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.wire.server_process import ask, find
from drivetrain.wire.serving.serving import fronts_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.home import Home
    from drivetrain.run.model import State
    from drivetrain.source.model import Project
    from drivetrain.wire.server_process import ServerInfo


class GoingRun(Struct, frozen=True):
    """A run that is not completed."""

    id: int
    number: str
    pipeline: str
    branch: str
    state: State
    waiting: bool = False
    """All that is left of it waits for somebody, or for checks."""


class LastPush(Struct, frozen=True):
    """What came of the last thing that happened at a project's repository."""

    project: str
    branch: str
    commit: str
    received_at: str
    run_id: int | None
    outcome: str
    """Which rule decided; empty while nothing has."""


class LookTrouble(Struct, frozen=True):
    """A repository that the server could not look at the last time, or not wholly."""

    project: str
    words: str


class LiveEndpoint(Struct, frozen=True):
    """An online endpoint, as it is now."""

    name: str
    traffic: Mapping[str, int]
    models: tuple[str, ...]
    """What the deployments with traffic serve."""
    url: str
    """Where it answers; empty while its front does not run."""
    release: int | None = None
    """The release under way."""


class Overview(Struct, frozen=True):
    """The server, the projects and the runs of a home."""

    home: str
    server: ServerInfo | None
    projects: tuple[str, ...] = ()
    runs: tuple[GoingRun, ...] = ()
    pushes: tuple[LastPush, ...] = ()
    troubles: tuple[LookTrouble, ...] = ()
    endpoints: tuple[LiveEndpoint, ...] = ()


def overview(home: Home) -> Overview:
    """Look; nothing is created in a home that has nothing yet. Raises UnavailableError, CorruptError."""
    server = find(home)
    if not home.database.exists():
        return Overview(str(home.root), server)
    database = Database(home.database)
    runs = SqliteRunStore(database)
    projects = SqliteProjects(database).all()
    going = [runs.get(run_id) for run_id in runs.unfinished()]
    return Overview(
        str(home.root),
        server,
        tuple(project.name for project in projects),
        tuple(
            GoingRun(
                run.id, run.number, run.pipeline, run.source.ref.removeprefix("refs/heads/"), run.state, run.waiting
            )
            for run in going
        ),
        tuple(_pushes(SqliteSourceEvents(database), projects)),
        tuple(_troubles(home, server)) if server else (),
        tuple(_endpoints(Storage(home))),
    )


def _endpoints(storage: Storage) -> Iterator[LiveEndpoint]:
    known = storage.endpoints.all()
    fronts = fronts_of(storage)
    under_way = {each.endpoint: each.id for each in storage.releases.under_way()} if known else {}
    for each in known:
        status = fronts.status(each.name)
        deployments = storage.endpoints.deployments(each.name)
        models = tuple(what_it_serves(found.spec) for found in deployments if each.traffic.get(found.name))
        url = status.url if status is not None else ""
        yield LiveEndpoint(each.name, each.traffic, models, url, under_way.get(each.name))


def _troubles(home: Home, server: ServerInfo) -> Iterator[LookTrouble]:
    """What the server itself knows; nothing when it does not answer now."""
    try:
        found = ask(home, server, "GET", "/api/v1/projects")
    except UnavailableError:
        return
    for project in found["projects"]:
        if project["problem"]:
            yield LookTrouble(project["name"], project["problem"])


def _pushes(events: SqliteSourceEvents, projects: Sequence[Project]) -> Iterator[LastPush]:
    for project in projects:
        for event in events.recent(project.id, 1):
            branch, commit = event.update.ref.removeprefix("refs/heads/"), event.update.new_sha
            yield LastPush(project.name, branch, commit, event.received_at, event.run_id, event.outcome)
