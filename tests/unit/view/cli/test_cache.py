from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from drivetrain.home import Home
from drivetrain.record.caches import FolderCaches
from drivetrain.run.caches.model import CacheScope
from drivetrain.view.cli.cache import command

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = CacheScope("shop", "/r", "ci", "refs/heads/topic")


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderCaches:
    monkeypatch.setenv("DRIVETRAIN_HOME", str(tmp_path))
    return FolderCaches(Home(tmp_path))


def drivetrain(*words: str) -> str:
    done = CliRunner().invoke(command, words, standalone_mode=False)
    assert done.exception is None, done.output
    return done.output


def fill(caches: FolderCaches, *names: str) -> None:
    for name in names:
        caches.save(SCOPE, ["pip", name], lambda path: (path.write_bytes(bytes(1 << 20)), None)[1])


def test_what_is_kept_is_listed_with_its_key_and_branch(caches: FolderCaches) -> None:
    assert drivetrain("list") == "no caches yet; the task Cache@2 makes them\n"
    fill(caches, "a", "\x1b[31mb")
    shown = drivetrain("list")
    assert "1.0 MB" in shown
    assert "shop" in shown
    assert "topic" in shown
    assert "pip | a" in shown
    assert "\x1b[31mb" not in shown
    assert shown.endswith("2 caches, 2.0 MB\n")
    found: list[dict[str, Any]] = json.loads(drivetrain("list", "--json"))
    assert {each["entry"]["segments"][1] for each in found} == {"a", "\x1b[31mb"}


def test_what_is_too_much_is_removed(caches: FolderCaches, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(caches, "a", "b", "c")
    assert drivetrain("prune") == "removed 0 caches, 0.0 MB; 3.0 MB left\n"
    assert drivetrain("prune", "--megabytes", "2") == "removed 1 caches, 1.0 MB; 2.0 MB left\n"
    monkeypatch.setenv("DRIVETRAIN_CACHE_MEGABYTES", "1")
    assert drivetrain("prune") == "removed 1 caches, 1.0 MB; 1.0 MB left\n"
    assert len(json.loads(drivetrain("prune", "--all", "--json"))) == 1
    assert caches.all() == []
