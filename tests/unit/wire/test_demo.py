"""A demonstration after an earlier one: it begins anew, and knows what happens then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.serve.model import Endpoint
from drivetrain.source.model import Project
from drivetrain.wire.demo import Demo
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path


def test_what_an_earlier_demonstration_has_left_is_gone_and_what_comes_is_seen(tmp_path: Path) -> None:
    home = Home(tmp_path)
    earlier = Demo.below(home)
    earlier.storage.endpoints.put(Endpoint("diabetes"), by="owner")
    earlier.home.cache.mkdir()
    (earlier.home.cache / "packages").touch()
    demo = Demo.below(home)
    demo.clear()
    assert sorted(path.name for path in demo.home.root.iterdir()) == ["cache"]
    assert (demo.home.cache / "packages").exists()
    Storage(demo.home).projects.add(Project(0, "new", "/srv/new.git", "main"), {})  # as the server does it
    assert [each.name for each in demo.storage.projects.all()] == ["new"]
    assert not demo.storage.endpoints.all()
