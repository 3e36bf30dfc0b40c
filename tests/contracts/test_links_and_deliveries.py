"""What every implementation of `Links`, `Deliveries` and `PullRequests` must do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.source.events import KnownPullRequest, PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.source.webhooks.model import Delivery, word_name
from drivetrain.store.database import Database
from drivetrain.store.deliveries import SqliteDeliveries
from drivetrain.store.links import SqliteLinks
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.pull_requests import SqlitePullRequests
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
    pull_requests: SqlitePullRequests
    project: Project


@pytest.fixture(params=["sqlite"])
def stores(tmp_path: Path) -> Stores:
    database = Database(tmp_path / "drivetrain.db")
    projects = SqliteProjects(database)
    project = projects.add(Project(0, "churn", "https://example.com/acme/churn.git", "main"), {})
    links = SqliteLinks(database, FileVault(tmp_path / "key"))
    return Stores(
        links,
        SqliteDeliveries(database),
        SqliteSourceEvents(database),
        projects,
        SqlitePullRequests(database),
        project,
    )


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
    assert found.handled_at >= found.received_at
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


def test_deliveries_are_handed_out_in_pages_and_shown_without_their_bodies(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    kept = [stores.deliveries.keep(delivery(str(number))) for number in range(5)]
    first = stores.deliveries.pending(limit=2)
    assert [each.id for each in first] == kept[:2]
    assert [each.id for each in stores.deliveries.pending(limit=9, after=first[-1].id)] == kept[2:]
    assert {each.body for each in stores.deliveries.pending()} == {b"{}"}
    assert {each.body for each in stores.deliveries.recent()} == {b""}


def test_what_has_failed_is_found_and_waits_again(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    good, bad = (stores.deliveries.keep(delivery(guid)) for guid in "ab")
    assert good
    assert bad
    stores.deliveries.finish(good, "fine")
    stores.deliveries.finish(bad, "a bug", failed=True)
    assert [(each.id, each.outcome) for each in stores.deliveries.recent(state="failed")] == [(bad, "a bug")]
    assert len(stores.deliveries.recent(limit=-1)) == 2
    stores.deliveries.replay(bad)
    assert [each.id for each in stores.deliveries.pending()] == [bad]


def test_deliveries_of_a_repository_concern_all_of_its_projects(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    second = stores.projects.add(Project(0, "second", "https://example.com/acme/churn.git", "main"), {})
    other = stores.projects.add(Project(0, "other", "https://example.com/acme/other.git", "main"), {})
    stores.links.put(replace(link(stores), project_id=second.id, key="k2"), "hush")
    stores.links.put(replace(link(stores), project_id=other.id, key="k3", repository="acme/other"), "hush")
    stores.deliveries.keep(delivery())
    found = {each: len(stores.deliveries.recent(each)) for each in (stores.project.id, second.id, other.id)}
    assert found == {stores.project.id: 1, second.id: 1, other.id: 0}


def test_old_deliveries_go_but_none_that_waits_and_no_number_is_used_again(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    done, waits = (stores.deliveries.keep(delivery(guid)) for guid in "ab")
    assert done
    assert waits
    stores.deliveries.finish(done, "fine")
    assert stores.deliveries.sweep("2000-01-01T00:00:00.000Z") == 0
    assert stores.deliveries.sweep("9999-01-01T00:00:00.000Z") == 1
    stores.deliveries.finish(waits, "fine")
    stores.deliveries.sweep("9999-01-01T00:00:00.000Z")
    assert stores.deliveries.recent() == []
    again = stores.deliveries.keep(delivery("a"))
    assert again is not None
    assert again > waits


def test_the_pushes_that_a_delivery_has_told_of(stores: Stores) -> None:
    def push(number: int, delivery_id: int) -> int | None:
        update = RefUpdate(stores.project.id, f"refs/heads/b{number}", "", "a" * 40)
        return stores.events.ingest(update, Reason.INDIVIDUAL_CI, f"{word_name(delivery_id, 7)} {update.ref}")

    mine = [push(1, 12), push(2, 12)]
    assert push(3, 123)
    assert push(4, 1)
    assert [event.id for event in stores.deliveries.events(12)] == mine
    assert stores.deliveries.events(2) == []


def test_a_push_under_a_key_is_taken_in_once_wherever_the_ref_is_by_then(stores: Stores) -> None:
    there = RefUpdate(stores.project.id, "refs/heads/main", "", "a" * 40)
    back = RefUpdate(stores.project.id, "refs/heads/main", "a" * 40, "")
    assert stores.events.ingest(there, Reason.INDIVIDUAL_CI, "word 1")
    assert stores.events.ingest(back, Reason.INDIVIDUAL_CI)
    assert stores.events.ingest(there, Reason.INDIVIDUAL_CI, "word 1") is None
    assert stores.events.position(stores.project.id, "refs/heads/main") == ""
    assert stores.events.ingest(there, Reason.INDIVIDUAL_CI, "word 2")


def test_a_pull_request_is_known_as_it_was_last_put(stores: Stores) -> None:
    told = PullRequest(3, "Title", "mona", "refs/heads/x", "a" * 40, "refs/heads/main")
    assert stores.pull_requests.get(stores.project.id, 3) is None
    stores.pull_requests.put(stores.project.id, KnownPullRequest(told, "2026-01-01T00:00:00.000Z"))
    stores.pull_requests.put(stores.project.id, KnownPullRequest(replace(told, number=2)))
    assert stores.pull_requests.get(stores.project.id, 3) == KnownPullRequest(told, "2026-01-01T00:00:00.000Z")
    assert [each.pull_request.number for each in stores.pull_requests.open(stores.project.id)] == [2, 3]
    stores.pull_requests.put(stores.project.id, KnownPullRequest(replace(told, state="merged")))
    assert [each.pull_request.number for each in stores.pull_requests.open(stores.project.id)] == [2]


def test_a_removed_project_leaves_nothing_behind(stores: Stores) -> None:
    stores.links.put(link(stores), "hush")
    stores.deliveries.keep(delivery())
    stores.pull_requests.put(
        stores.project.id, KnownPullRequest(PullRequest(3, "T", "m", "refs/heads/x", "a" * 40, "refs/heads/main"))
    )
    stores.projects.remove(stores.project.id, delete_runs=False)
    assert stores.deliveries.recent() == []
    assert stores.pull_requests.open(stores.project.id) == []
