"""What every keeper of endpoints and releases must do, held by the one in SQLite and by one in memory."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.registry.names import endpoint_name
from drivetrain.serve.model import (
    AuthMode,
    Deployment,
    DeploymentSpec,
    DeploymentState,
    Endpoint,
    HistoryEntry,
    Launch,
    Speaks,
    Tally,
)
from drivetrain.serve.ports import Change
from drivetrain.serve.release.model import Release, ReleasePlan, ReleaseState
from drivetrain.store.database import Database
from drivetrain.store.endpoints import SqliteEndpoints
from drivetrain.store.releases import SqliteReleases
from drivetrain.store.vault import FileVault
from drivetrain.wire.storage import Storage
from tests.contracts.memory_endpoints import MemoryEndpoints, MemoryReleases

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.ports import Endpoints, Releases

AT = "2026-01-02T03:04:05.000Z"
READY = DeploymentState.READY
LAUNCH = Launch(("python", "replica.py", "{socket}"), "/models/1", Speaks.FRAMES)
PORT = 51200


@dataclass
class Kept:
    endpoints: Endpoints
    releases: Releases
    clock: FixedClock

    def ready(self, name: str, model: str = "churn:1", launch: Launch = LAUNCH, **spec: Any) -> Deployment:
        """A deployment of `shop` that serves."""
        deployment = Deployment("shop", name, DeploymentSpec(model=model, **spec), READY, launch)
        return self.endpoints.put_deployment(deployment, by="ada")

    def kinds(self) -> list[str]:
        return [each.kind for each in self.endpoints.history()][::-1]

    def release(self, deployment: str = "green", **given: Any) -> Release:
        release = Release(0, "SHOP", deployment, ReleasePlan(), {"blue": 100}, created_by="ada", run_id=3)
        return self.releases.start(replace(release, **given))


@pytest.fixture(params=["sqlite", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    clock = FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    if request.param == "memory":
        memory = MemoryEndpoints(clock, PORT)
        return Kept(memory, MemoryReleases(memory), clock)
    database, vault = Database(tmp_path / "drivetrain.db"), FileVault(tmp_path / "secret.key")
    endpoints = SqliteEndpoints(database, vault, clock, check_name=endpoint_name, first_port=lambda: PORT)
    return Kept(endpoints, SqliteReleases(database, vault, endpoints, clock), clock)


@pytest.fixture
def shop(kept: Kept) -> Kept:
    """With an endpoint `shop`, whose `blue` has all traffic, and `green` none."""
    kept.endpoints.put(Endpoint("shop"), by="ada")
    kept.ready("blue")
    kept.ready("green", "churn:2")
    kept.endpoints.set_traffic("shop", {"blue": 100}, by="ada")
    return kept


# Endpoints.


def test_an_endpoint_comes_back_as_it_was_made(kept: Kept) -> None:
    asked = Endpoint("Shop", "web", "guid", AuthMode.ISSUED, body={"tags": {"a": "b"}})
    made = kept.endpoints.put(asked, by="ada")
    about = {"port": PORT, "generation": 1, "created_at": AT, "created_by": "ada", "updated_at": AT}
    assert made == replace(asked, **about)
    assert kept.endpoints.get("sHOP") == made
    assert list(kept.endpoints.all()) == [made]


def test_an_endpoint_is_changed_in_auth_and_body_only(shop: Kept) -> None:
    before, keys = shop.endpoints.get("shop"), shop.endpoints.keys("shop")
    changed = shop.endpoints.put(Endpoint("SHOP", auth=AuthMode.ENTRA, traffic={"x": 1}, body={"a": 1}), by="bob")
    assert (changed.auth, changed.body, changed.traffic) == (AuthMode.ENTRA, {"a": 1}, {"blue": 100})
    assert (changed.name, changed.created_by, changed.port) == (before.name, "ada", before.port)
    assert changed.generation == before.generation + 1
    assert shop.endpoints.keys("shop") == keys


@pytest.mark.parametrize("name", ["", "a", "ab", "1ab", "shop-", "a b", "../etc", "a" * 33, "späti", "a\nb"])
def test_names_are_those_of_azure(kept: Kept, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a endpoint"):
        kept.endpoints.put(Endpoint(name), by="ada")
    kept.endpoints.put(Endpoint("shop"), by="ada")
    with pytest.raises(UserError, match="is no name for a deployment"):
        kept.endpoints.put_deployment(Deployment("shop", name, DeploymentSpec()), by="ada")


def test_each_endpoint_has_a_port_of_its_own(kept: Kept) -> None:
    ports = [kept.endpoints.put(Endpoint(f"shop{number}"), by="ada").port for number in range(3)]
    assert ports == [PORT, PORT + 1, PORT + 2]
    kept.endpoints.set_port("shop1", 9)
    moved = kept.endpoints.get("shop1")
    assert (moved.port, moved.generation) == (9, 2)
    kept.endpoints.set_port("shop1", 9)
    assert kept.endpoints.get("shop1").generation == moved.generation


def test_keys_are_two_and_can_be_changed(kept: Kept) -> None:
    kept.endpoints.put(Endpoint("shop"), by="ada")
    primary, secondary = kept.endpoints.keys("SHOP")
    assert len({primary, secondary}) == 2
    kept.endpoints.set_key("shop", "secondary", "n" * 20, by="ada")
    assert kept.endpoints.keys("shop") == (primary, "n" * 20)
    digests = tuple(hashlib.sha256(key.encode()).hexdigest() for key in (primary, "n" * 20))
    assert kept.endpoints.wanted("shop").key_digests == digests
    assert kept.endpoints.history()[0].data["key"] == "secondary"


@pytest.mark.parametrize(("which", "value"), [("third", "n" * 20), ("primary", "short"), ("primary", "ä" * 20)])
def test_wrong_keys_are_refused(kept: Kept, which: str, value: str) -> None:
    kept.endpoints.put(Endpoint("shop"), by="ada")
    with pytest.raises(UserError, match="key"):
        kept.endpoints.set_key("shop", which, value, by="ada")
    assert value not in kept.endpoints.keys("shop")


def test_what_is_not_there_says_what_there_is(shop: Kept) -> None:
    for ask in (shop.endpoints.get, shop.endpoints.keys, shop.endpoints.deployments, shop.endpoints.wanted):
        with pytest.raises(NotFoundError) as caught:
            ask("shoe")
        assert "shop" in caught.value.hint
    with pytest.raises(NotFoundError) as caught:
        shop.endpoints.deployment("shop", "red")
    assert "blue, green" in caught.value.hint


def test_a_deleted_endpoint_leaves_its_history_and_ends_its_release(shop: Kept) -> None:
    release = shop.release()
    shop.endpoints.delete("SHOP", by="bob")
    assert list(shop.endpoints.all()) == []
    entry = shop.endpoints.history("Shop")[0]
    assert (entry.kind, entry.by, entry.data["traffic"], entry.data["models"]) == ("endpoint.deleted", "bob", {}, {})
    ended = shop.releases.get(release.id)
    assert (ended.state, ended.ended_at) == (ReleaseState.FAILED, AT)
    assert list(shop.releases.under_way()) == []
    with pytest.raises(NotFoundError):
        shop.endpoints.delete("shop", by="bob")
    shop.endpoints.put(Endpoint("shop"), by="ada")
    assert list(shop.endpoints.deployments("shop")) == []


# Traffic.


def test_traffic_is_by_the_names_of_the_deployments(shop: Kept) -> None:
    before = shop.endpoints.get("shop").generation
    changed = shop.endpoints.set_traffic("SHOP", {"BLUE": 90, "Green": 10}, by="ada", run_id=7, data={"why": "x"})
    assert (changed.traffic, changed.generation) == ({"blue": 90, "green": 10}, before + 1)
    entry = shop.endpoints.history()[0]
    assert (entry.kind, entry.by, entry.run_id, entry.at) == ("traffic", "ada", 7, AT)
    assert entry.data == {
        "traffic": {"blue": 90, "green": 10},
        "models": {"blue": "churn:1", "green": "churn:2"},
        "builds": {name: shop.endpoints.deployment("shop", name).build for name in ("blue", "green")},
        "why": "x",
    }


@pytest.mark.parametrize(
    ("traffic", "says"),
    [
        ({"blue": 90}, "adds up to 90%"),
        ({"blue": 100, "green": 10}, "adds up to 110%"),
        ({"blue": -10, "green": 110}, "cannot have -10 percent"),
        ({"blue": 50, "BLUE": 50}, "named twice"),
        ({"red": 100}, "there is no deployment 'red'"),
        ({"blue": 99.5, "green": 0.5}, "cannot have 99.5 percent"),
        ({"blue": True, "green": 99}, "cannot have True percent"),
        ({"grey": 100}, "'grey' cannot have traffic: it is creating"),
    ],
)
def test_a_split_that_is_none_changes_nothing(shop: Kept, traffic: dict[str, int], says: str) -> None:
    shop.endpoints.put_deployment(Deployment("shop", "grey", DeploymentSpec()), by="ada")
    before, entries = shop.endpoints.get("shop"), shop.endpoints.history()
    with pytest.raises(UserError, match=says):
        shop.endpoints.set_traffic("shop", traffic, by="ada")
    assert (shop.endpoints.get("shop"), shop.endpoints.history()) == (before, entries)


def test_traffic_may_be_none_and_a_share_may_be_zero(shop: Kept) -> None:
    assert shop.endpoints.set_traffic("shop", {"blue": 100, "green": 0}, by="a").traffic == {"blue": 100, "green": 0}
    assert shop.endpoints.set_traffic("shop", {"blue": 0}, by="a").traffic == {"blue": 0}
    assert shop.endpoints.set_traffic("shop", {}, by="a").traffic == {}


def test_copies_go_to_one_deployment_that_has_no_traffic(shop: Kept) -> None:
    assert shop.endpoints.set_traffic("shop", {"blue": 100}, {"GREEN": 20}, by="a").mirror == {"green": 20}
    assert shop.endpoints.history()[0].data["mirror"] == {"green": 20}
    assert shop.endpoints.set_traffic("shop", {"blue": 100}, by="a").mirror == {"green": 20}
    with pytest.raises(UserError, match="cannot get copies"):
        shop.endpoints.set_traffic("shop", {"blue": 50, "green": 50}, by="a")
    shop.ready("red")
    with pytest.raises(UserError, match="cannot be mirrored to green and red"):
        shop.endpoints.set_traffic("shop", {"blue": 100}, {"green": 10, "red": 10}, by="a")
    assert shop.endpoints.set_traffic("shop", {"blue": 50, "green": 50}, {}, by="a").mirror == {}


# Deployments.


def test_a_deployment_comes_back_as_it_was_put(shop: Kept) -> None:
    spec = DeploymentSpec(model="m:1", variables={"KEY": "s3cret"}, instances=2, body={"tags": {}})
    made = shop.endpoints.put_deployment(Deployment("SHOP", "Red", spec, run_id=4), by="bob")
    about = {"created_at": AT, "created_by": "bob", "updated_at": AT}
    assert made == replace(Deployment("shop", "Red", spec, run_id=4), **about)
    assert shop.endpoints.deployment("shop", "rEd") == made
    assert [each.name for each in shop.endpoints.deployments("shop")] == ["blue", "green", "Red"]
    assert "s3cret" not in str(shop.endpoints.history())


def test_what_is_wanted_stays_until_the_next_is_ready(shop: Kept) -> None:
    first = shop.endpoints.wanted("shop").deployments[0]
    assert (first.spec.model, first.launch) == ("churn:1", LAUNCH)
    spec = DeploymentSpec(model="churn:9", variables={"A": "new"})
    for state in (DeploymentState.UPDATING, DeploymentState.FAILED):
        asked = Deployment("shop", "blue", spec, state, problem="no such model")
        assert shop.endpoints.put_deployment(asked, by="ada").build == first.build
        wanted = shop.endpoints.wanted("shop").deployments[0]
        assert (wanted.spec, wanted.launch, wanted.state) == (first.spec, LAUNCH, state)
    assert shop.endpoints.set_traffic("shop", {"blue": 100}, by="a").traffic == {"blue": 100}
    anew = replace(LAUNCH, folder="/models/9")
    ready = shop.endpoints.put_deployment(Deployment("shop", "blue", spec, READY, anew), by="ada")
    wanted = shop.endpoints.wanted("shop").deployments[0]
    assert (wanted.spec, wanted.launch) == (spec, anew)
    assert ready.build == wanted.build > first.build


def test_a_build_is_what_replicas_run(shop: Kept) -> None:
    build = shop.endpoints.deployment("shop", "blue").build
    assert shop.ready("blue", instances=3, sleeps_after=60.0).build == build
    assert shop.ready("blue", variables={"A": "1"}).build > build


def test_one_that_is_not_ready_is_not_wanted(shop: Kept) -> None:
    shop.endpoints.put_deployment(Deployment("shop", "grey", DeploymentSpec()), by="ada")
    going = replace(shop.endpoints.deployment("shop", "green"), state=DeploymentState.DELETING)
    shop.endpoints.put_deployment(going, by="ada")
    assert [each.name for each in shop.endpoints.wanted("shop").deployments] == ["blue"]


def test_what_happens_to_deployments_is_written_down(kept: Kept) -> None:
    kept.endpoints.put(Endpoint("shop"), by="ada")
    creating = Deployment("shop", "blue", DeploymentSpec(model="m:1"))
    kept.endpoints.put_deployment(creating, by="ada")
    kept.endpoints.put_deployment(replace(creating, state=READY, launch=LAUNCH), by="ada")
    updating = replace(creating, spec=DeploymentSpec(model="m:2"), state=DeploymentState.UPDATING)
    kept.endpoints.put_deployment(updating, by="ada")
    kept.endpoints.put_deployment(updating, by="ada")
    kept.endpoints.put_deployment(replace(updating, state=DeploymentState.FAILED, problem="no m:2"), by="ada")
    said = ["created", "ready", "updated", "failed"]
    assert kept.kinds() == ["endpoint.created", *(f"deployment.{each}" for each in said)]
    assert kept.endpoints.history()[0].data["reason"] == "no m:2"


def test_a_deployment_with_traffic_is_not_deleted(shop: Kept) -> None:
    with pytest.raises(ConflictError, match="'blue' has 100% of the traffic"):
        shop.endpoints.delete_deployment("shop", "Blue", by="ada")
    shop.endpoints.set_traffic("shop", {"blue": 100, "green": 0}, by="ada")
    shop.endpoints.delete_deployment("shop", "Green", by="ada")
    assert shop.endpoints.get("shop").traffic == {"blue": 100}
    assert [each.name for each in shop.endpoints.deployments("shop")] == ["blue"]
    with pytest.raises(NotFoundError):
        shop.endpoints.delete_deployment("shop", "green", by="ada")


# Releases.


def test_a_release_comes_back_as_it_stands(shop: Kept) -> None:
    release = shop.release()
    assert (release.endpoint, release.since, release.created_at, release.under_way) == ("shop", AT, AT, True)
    entry = shop.endpoints.history()[0]
    assert (entry.kind, entry.by, entry.run_id, entry.data["release"]) == ("release.started", "ada", 3, release.id)
    moved = replace(release, state=ReleaseState.WARMING, baseline={"blue": Tally(4, 1, 0.5, (1, 3))})
    assert shop.releases.update(moved) == moved
    assert shop.releases.get(release.id) == moved
    assert list(shop.releases.under_way()) == [moved]


def test_an_endpoint_has_one_release_at_a_time(shop: Kept) -> None:
    first = shop.release()
    with pytest.raises(ConflictError, match=f"release {first.id} of 'shop' is under way"):
        shop.release()
    shop.endpoints.put(Endpoint("other"), by="ada")
    assert shop.release(endpoint="other").id != first.id
    ended = shop.releases.update(replace(first, state=ReleaseState.FINISHED))
    assert ended.ended_at == AT
    second = shop.release()
    assert [each.id for each in shop.releases.of("Shop")] == [second.id, first.id]
    assert [each.id for each in shop.releases.of("shop", limit=1)] == [second.id]


def test_a_release_moves_with_its_traffic_or_not_at_all(shop: Kept) -> None:
    release = shop.release()
    shifted = replace(release, state=ReleaseState.SHIFTING, since="later")
    shop.releases.update(shifted, Change("release.step", {"blue": 90, "green": 10}, data={"percent": 10}))
    assert shop.endpoints.get("shop").traffic == {"blue": 90, "green": 10}
    entry = shop.endpoints.history()[0]
    assert (entry.kind, entry.by, entry.run_id) == ("release.step", f"release {release.id}", 3)
    assert (entry.data["percent"], entry.data["traffic"]) == (10, {"blue": 90, "green": 10})
    with pytest.raises(UserError, match="adds up to 10%"):
        shop.releases.update(replace(shifted, step=1), Change("release.step", {"green": 10}))
    assert shop.releases.get(release.id) == shifted


def test_a_release_that_has_ended_moves_no_more(shop: Kept) -> None:
    release = shop.release()
    shop.releases.update(replace(release, state=ReleaseState.ROLLED_BACK))
    with pytest.raises(ConflictError, match="has ended"):
        shop.releases.update(release, Change("release.step", {"green": 100}))
    assert shop.endpoints.get("shop").traffic == {"blue": 100}
    with pytest.raises(NotFoundError):
        shop.releases.get(999)
    with pytest.raises(NotFoundError):
        shop.releases.update(replace(release, id=999))


def test_what_a_release_needs_is_not_deleted(shop: Kept) -> None:
    shop.release()
    with pytest.raises(ConflictError, match="is under way, and needs 'green'"):
        shop.endpoints.delete_deployment("shop", "green", by="ada")


def test_history_takes_notes_and_is_the_newest_first(shop: Kept) -> None:
    shop.endpoints.record(HistoryEntry(0, "", "gone", "rollback", "bob", None, {"traffic": {}}))
    newest = shop.endpoints.history(limit=1)[0]
    assert (newest.endpoint, newest.kind, newest.at) == ("gone", "rollback", AT)
    assert [each.id for each in shop.endpoints.history()] == sorted(
        (each.id for each in shop.endpoints.history()), reverse=True
    )
    assert {each.endpoint for each in shop.endpoints.history("SHOP")} == {"shop"}


# SQLite alone.


def test_secrets_are_sealed_and_survive_another_key(tmp_path: Path) -> None:
    storage = Storage(Home(tmp_path))
    keys, _ = _filled(storage)
    dump = "\n".join(sqlite3.connect(tmp_path / "drivetrain.db").iterdump())
    assert not [secret for secret in (*keys, "s3cret") if secret in dump]
    old = storage.vault.keys()[0]
    assert storage.rotator.rotate().sealed_anew == 3
    assert storage.vault.keys() != [old]
    again = Storage(Home(tmp_path))
    assert again.endpoints.keys("shop") == keys
    assert again.endpoints.wanted("shop").deployments[0].spec.variables == {"A": "s3cret"}
    assert again.endpoints.deployment("shop", "blue").spec.variables == {"A": "s3cret"}


def _filled(storage: Storage) -> tuple[tuple[str, str], Deployment]:
    storage.endpoints.put(Endpoint("shop"), by="ada")
    spec = DeploymentSpec(model="m:1", variables={"A": "s3cret"})
    made = storage.endpoints.put_deployment(Deployment("shop", "blue", spec, READY, LAUNCH), by="ada")
    return storage.endpoints.keys("shop"), made


def test_a_port_that_somebody_has_is_passed_over(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        database, vault = Database(tmp_path / "drivetrain.db"), FileVault(tmp_path / "secret.key")
        endpoints = SqliteEndpoints(database, vault, check_name=endpoint_name, first_port=lambda: port)
        assert endpoints.put(Endpoint("shop"), by="ada").port > port
