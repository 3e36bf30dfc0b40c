"""What the Azure edge may rely on of workspaces and assets, held by those in SQLite and by those in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from drivetrain.clock import FixedClock
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.home import Home
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.wire.storage import Storage
from tests.contracts.memory_assets import MemoryAssets, MemoryWorkspaces

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.registry.ports import Assets, Workspaces

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATA, COMPUTE = AssetKind.DATA, AssetKind.COMPUTE


class Shelf(NamedTuple):
    workspaces: Workspaces
    assets: Assets
    clock: FixedClock


@pytest.fixture(params=["sqlite", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    clock = FixedClock(START)
    if request.param == "memory":
        found = Shelf(MemoryWorkspaces(clock), MemoryAssets(clock), clock)
    else:
        storage = Storage(Home(tmp_path / "home"), clock)
        found = Shelf(storage.workspaces, storage.assets, clock)
    for name in ("one", "two"):
        found.workspaces.put(Workspace(f"id-{name}", "sub", "group", name))
    return found


def data(name: str, version: str = "", workspace: str = "id-one", **body: str) -> Asset:
    return Asset(workspace, DATA, name, version, {"properties": body})


def test_a_workspace_is_found_whatever_the_case(shelf: Shelf) -> None:
    found = shelf.workspaces.get("SUB", "Group", "ONE")
    assert (found.id, found.name, found.created_at) == ("id-one", "one", "2026-01-02T03:04:05.000Z")
    with pytest.raises(NotFoundError):
        shelf.workspaces.get("sub", "group", "three")


def test_a_workspace_keeps_its_id_and_project(shelf: Shelf) -> None:
    changed = Workspace("other", "Sub", "GROUP", "One", "project", {"tags": {"a": "b"}})
    kept = shelf.workspaces.put(changed)
    assert (kept.id, kept.project, kept.name, kept.body) == ("id-one", "", "one", {"tags": {"a": "b"}})
    assert [each.name for each in shelf.workspaces.all()] == ["one", "two"]


def test_a_deleted_workspace_is_gone(shelf: Shelf) -> None:
    shelf.workspaces.delete("id-one")
    assert [each.name for each in shelf.workspaces.all()] == ["two"]
    with pytest.raises(NotFoundError):
        shelf.workspaces.delete("id-one")


def test_versions_count_from_the_highest_number(shelf: Shelf) -> None:
    made = [shelf.assets.add(data("iris", version), by="me").version for version in ("", "7", "2024.rc", "")]
    assert made == ["1", "7", "2024.rc", "8"]
    assert [each.version for each in shelf.assets.versions("id-one", DATA, "iris")] == ["8", "2024.rc", "7", "1"]
    with pytest.raises(ConflictError):
        shelf.assets.add(data("iris", "7"), by="me")


def test_when_and_by_whom_it_was_made_stays(shelf: Shelf) -> None:
    shelf.assets.put(data("iris", "1", path="a"), by="ann")
    shelf.clock.at = START + timedelta(hours=1)
    changed = shelf.assets.put(data("iris", "1", path="b"), by="bob")
    assert (changed.created_at, changed.created_by) == ("2026-01-02T03:04:05.000Z", "ann")
    assert (changed.updated_at, changed.updated_by) == ("2026-01-02T04:04:05.000Z", "bob")
    assert shelf.assets.get("id-one", DATA, "iris", "1").body == {"properties": {"path": "b"}}


def test_names_show_the_newest_version_also_beside_what_is_said_of_the_name(shelf: Shelf) -> None:
    for name, version in (("iris", "1"), ("iris", "2"), ("alone", ""), ("iris", ""), ("iris", "10"), ("iris", "3")):
        shelf.assets.put(data(name, version), by="me")
    shelf.assets.put(data("iris", "1", path="changed"), by="me")
    assert [(each.name, each.version) for each in shelf.assets.names("id-one", DATA)] == [("alone", ""), ("iris", "3")]
    assert [each.version for each in shelf.assets.versions("id-one", DATA, "iris")] == ["3", "10", "2", "1"]
    assert shelf.assets.get("id-one", DATA, "iris").version == ""


def test_workspaces_and_kinds_are_apart(shelf: Shelf) -> None:
    shelf.assets.put(data("iris", "1"), by="me")
    shelf.assets.put(data("iris", "1", "id-two"), by="me")
    shelf.assets.put(Asset("id-one", COMPUTE, "iris"), by="me")
    shelf.assets.delete("id-one", DATA, "iris", "1")
    assert [each.name for each in shelf.assets.names("id-two", DATA)] == ["iris"]
    assert [each.name for each in shelf.assets.names("id-one", COMPUTE)] == ["iris"]
    with pytest.raises(NotFoundError):
        shelf.assets.delete("id-one", DATA, "iris", "1")


def test_content_is_found_by_its_hash(shelf: Shelf) -> None:
    for name, digest in (("a", "x"), ("b", "x"), ("c", "")):
        shelf.assets.put(Asset("id-one", AssetKind.CODE, name, "1", hash=digest), by="me")
    assert [each.name for each in shelf.assets.of_hash("id-one", AssetKind.CODE, "x")] == ["b", "a"]
    assert not shelf.assets.of_hash("id-one", AssetKind.CODE, "")
    assert not shelf.assets.of_hash("id-two", AssetKind.CODE, "x")


def test_archived_stays_archived(shelf: Shelf) -> None:
    shelf.assets.put(Asset("id-one", DATA, "iris", "1", archived=True), by="me")
    assert shelf.assets.get("id-one", DATA, "iris", "1").archived
