from __future__ import annotations

import os
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import SystemClock
from drivetrain.home import Home
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.settings import load
from drivetrain.wire.retention import retention_of
from drivetrain.wire.storage import Storage
from drivetrain.wire.uploads import AGE, Uploads

if TYPE_CHECKING:
    from pathlib import Path


class World:
    """A home with a workspace's account."""

    def __init__(self, root: Path) -> None:
        self.storage = Storage(Home(root))
        self.uploads = Uploads(self.storage.home, self.storage.database, SystemClock())
        self.account = self.storage.home.azure / "blobs" / "drivetrain1234567890abcd"
        self.storage.workspaces.put(Workspace("w", "s", "g", "w"))

    def upload(self, name: str = "", days: float = 3) -> str:
        """A container with a file, of so many days ago."""
        found = name or f"upload-{uuid.uuid4()}"
        folder = self.account / found
        folder.mkdir(parents=True)
        (folder / "train.py").write_text("print()")
        at = (SystemClock().now() - timedelta(days=days)).timestamp()
        os.utime(folder, (at, at))
        return found

    def name_it(self, container: str) -> None:
        body = {"properties": {"codeUri": f"https://127.0.0.1:1/a.blob.core.local/{container}/code"}}
        self.storage.assets.add(Asset("w", AssetKind.CODE, container, "1", body), by="ada")

    def left(self) -> set[str]:
        return {path.name for path in self.account.iterdir() if not path.name.startswith(".")}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home")


def test_what_nothing_names_goes_when_it_is_old(world: World) -> None:
    unused, used, young = world.upload(), world.upload(), world.upload(days=AGE.days - 0.1)
    others = [world.upload(name) for name in ("azureml", "azureml-blobstore-1", "upload-mine")]
    world.name_it(used)
    assert world.uploads.remove_unused() == [unused]
    assert world.left() == {used, young, *others}
    assert world.uploads.remove_unused() == []


def test_what_was_named_goes_when_the_version_is_deleted(world: World) -> None:
    used = world.upload()
    world.name_it(used)
    assert world.uploads.remove_unused() == []
    world.storage.assets.delete("w", AssetKind.CODE, used, "1")
    assert world.uploads.remove_unused() == [used]


def test_a_link_is_not_followed(world: World, tmp_path: Path) -> None:
    used = world.upload()
    elsewhere = tmp_path / f"upload-{uuid.uuid4()}"
    elsewhere.mkdir()
    (world.account / elsewhere.name).symlink_to(elsewhere)
    assert world.uploads.remove_unused() == [used]
    assert elsewhere.is_dir()


def test_it_goes_with_the_round_of_retention(world: World) -> None:
    world.upload()
    assert retention_of(world.storage, load(world.storage.home)).apply().uploads == 1
    assert world.left() == set()


def test_a_home_without_uploads_has_nothing_to_remove(tmp_path: Path) -> None:
    storage = Storage(Home(tmp_path / "empty"))
    assert Uploads(storage.home, storage.database, SystemClock()).remove_unused() == []
