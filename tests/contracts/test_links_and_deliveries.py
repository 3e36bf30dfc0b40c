"""What every implementation of `Links` and `Deliveries` must do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.source.webhooks.model import Delivery
from drivetrain.store.database import Database
from drivetrain.store.deliveries import SqliteDeliveries
from drivetrain.store.links import SqliteLinks
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.vault import PREFIX, FileVault

if TYPE_CHECKING:
    from pathlib import Path

KEY = "unguessable"


class Stores(NamedTuple):
    links: SqliteLinks
    deliveries: SqliteDeliveries
    events: SqliteSourceEvents
    projects: SqliteProjects
    project: Project


@pytest.fixture(params=["sqlite"])
def stores(tmp_path: Path) -> Stores:
    database = Database(tmp_path / "drivetrain.db")
    projects = SqliteProjects(database)
    project = projects.add(Project(0, "churn", "https://example.com/acme/churn.git", "main"), {})
    links = SqliteLinks(database, FileVault(tmp_path / "key"))
    return Stores(links, SqliteDeliveries(database), SqliteSourceEvents(database), projects, project)


def link(stores: Stores) -> Link:
    return Link(stores.project.id, HostKind.GITHUB, "https://api.github.com", "acme/churn", "gh", KEY)


def delivery(guid: str = "1-2-3") -> Delivery:
    return Delivery(0, HostKind.GITHUB, KEY, guid, "push", {"X-GitHub-Event": "push"}, b"{}", "")


def test_a_link_comes_back_with_its_secret_which_is_sealed(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    assert stores.links.get(stores.project.id) == link(stores)
    assert stores.links.all() == [link(stores)]
    assert stores.links.by_key(KEY) == (link(stores), "hush")
    kept = stores.links._read("SELECT data, secret FROM links")
    assert kept[0][1].startswith(PREFIX)


def test_a_link_is_changed_and_keeps_its_secret(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    changed = replace(link(stores), webhook="77")
    stores.links.put(changed, "")
    assert stores.links.by_key(KEY) == (changed, "hush")
    stores.links.put(changed, "other")
    assert stores.links.by_key(KEY) == (changed, "other")


def test_what_is_not_there(stores: Stores) -> None:
    assert stores.links.get(stores.project.id) is None
    assert stores.links.by_key("guess") is None
    stores.links.remove(stores.project.id)
    with pytest.raises(NotFoundError, match="no delivery 7"):
        stores.deliveries.get(7)
    with pytest.raises(NotFoundError, match="no delivery 7"):
        stores.deliveries.replay(7)


def test_a_removed_project_has_no_link(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    stores.projects.remove(stores.project.id, delete_runs=False)
    assert stores.links.by_key(KEY) is None
    assert stores.deliveries.keep(delivery()) is None


def test_a_delivery_is_kept_once(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    first = stores.deliveries.keep(delivery())
    assert first is not None
    assert stores.deliveries.keep(delivery()) is None
    second = stores.deliveries.keep(delivery("4-5-6"))
    assert [each.id for each in stores.deliveries.pending()] == [first, second]
    assert [each.id for each in stores.deliveries.recent(stores.project.id)] == [second, first]
    assert stores.deliveries.recent(stores.project.id + 1) == []


def test_a_delivery_is_finished_and_replayed(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    kept = stores.deliveries.keep(delivery())
    assert kept is not None
    stores.deliveries.finish(kept, "event 1")
    assert stores.deliveries.pending() == []
    found = stores.deliveries.get(kept)
    assert (found.state, found.outcome, found.tries, found.body) == ("done", "event 1", 1, b"{}")
    stores.deliveries.replay(kept)
    assert [each.id for each in stores.deliveries.pending()] == [kept]


def test_what_is_no_push_is_taken_in_once_and_moves_no_ref(stores: Stores) -> None:
    pull_request = PullRequest(3, "Title", "mona", "refs/heads/x", "a" * 40, "refs/heads/main")
    update = RefUpdate(stores.project.id, pull_request.ref, "", "a" * 40)
    cause = PullRequestChanged(pull_request)
    event = stores.events.add(update, Reason.PULL_REQUEST, cause, "pr 1 3 a")
    assert event is not None
    assert stores.events.add(update, Reason.PULL_REQUEST, cause, "pr 1 3 a") is None
    found = stores.events.get(event)
    assert found is not None
    assert (found.cause, found.reason, found.update) == (cause, Reason.PULL_REQUEST, update)
    assert [each.id for each in stores.events.of_commit(stores.project.id, "a" * 40)] == [event]
    assert stores.events.positions(stores.project.id) == {}
    stores.projects.remove(stores.project.id, delete_runs=False)
    assert stores.events.add(update, Reason.PULL_REQUEST, cause, "pr 1 3 b") is None
