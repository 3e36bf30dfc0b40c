"""Mirrors of repositories that nobody uses any more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from drivetrain.home import Home
from drivetrain.record.retention.model import Policy
from drivetrain.run.model import RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.source.git import Git, has_commit
from drivetrain.source.model import Commit, Project, Reason
from drivetrain.view.cli.retention import command
from drivetrain.wire.job_mirrors import STRANGERS
from drivetrain.wire.storage import Storage
from tests.unit.wire.test_retention import NOW, retention_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.wire.conftest import Origin

DAY = 24 * 3600.0


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(Home(tmp_path / "home"))


@pytest.fixture
def mirror(storage: Storage, origin: Origin) -> Path:
    origin.commit("one")
    return storage.git.mirror(origin.url)


def used(mirror: Path, days: float) -> None:
    """It was used so many days ago."""
    at = NOW.timestamp() - days * DAY
    os.utime(mirror.with_suffix(".lock"), (at, at))


def removed(storage: Storage, policy: Policy | None = None) -> list[str]:
    return list(retention_of(storage.home, policy).apply().mirrors)


def test_a_mirror_goes_once_nobody_has_used_it_for_long(storage: Storage, origin: Origin, mirror: Path) -> None:
    strange = Git(storage.home.mirrors / STRANGERS).mirror(origin.url)
    files = mirror.with_suffix(".svn")
    files.mkdir()
    for each in (mirror, strange):
        used(each, 89)
    assert removed(storage) == []
    used(mirror, 91)
    assert removed(storage, Policy(mirror_days=0)) == []
    assert removed(storage) == [mirror.name]
    assert (mirror.exists(), files.exists(), strange.exists()) == (False, False, True)
    assert list(storage.home.mirrors.glob("*.gone")) == []
    used(strange, 91)
    assert removed(storage) == [strange.name]
    sha = origin.git("rev-parse", "main")
    assert has_commit(storage.git.repository(origin.url, sha), sha), "it is fetched again when it is wanted again"


def test_what_a_project_or_a_run_is_of_stays_however_old_it_is(storage: Storage, origin: Origin, mirror: Path) -> None:
    used(mirror, 1000)
    source = RepositorySource("x", origin.url, str(mirror), "refs/heads/main", Commit(origin.git("rev-parse", "main")))
    new = NewRun("x", "a.yml", Reason.MANUAL, source, "Ada")
    storage.runs.create(new, None, number_key="k", number=lambda *_: "1")
    other = origin.path.with_name("other")
    origin.git("clone", "--quiet", "--bare", str(origin.path), str(other))
    url = other.as_uri().replace("file://", "file://localhost")
    storage.projects.add(Project(0, "other", url, "main"), {})
    watched = storage.git.mirror(url)
    used(watched, 1000)
    assert removed(storage) == []
    assert mirror.exists()
    assert watched.exists()


def test_reading_is_use_and_tidying_up_is_none(storage: Storage, origin: Origin, mirror: Path) -> None:
    used(mirror, 91)
    retention_of(storage.home).tidy_mirrors()
    before = mirror.with_suffix(".lock").stat().st_mtime
    assert before == NOW.timestamp() - 91 * DAY
    storage.git.repository(origin.url, origin.git("rev-parse", "main"))
    assert mirror.with_suffix(".lock").stat().st_mtime > before
    used(mirror, 91)
    storage.git.mirror(origin.url)
    assert removed(storage) == []


def test_what_a_kill_has_left_of_one_goes_the_next_time(storage: Storage, mirror: Path) -> None:
    mirror.rename(mirror.with_suffix(".gone"))
    assert removed(storage) == []
    assert list(storage.home.mirrors.glob("*.gone")) == []


def test_what_cannot_be_read_is_told_of_and_left(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    broken = storage.home.mirrors / "broken.git"
    broken.mkdir(parents=True)
    broken.with_suffix(".lock").touch()
    used(broken, 91)
    assert removed(storage) == []
    assert "mirror broken.git cannot be removed" in caplog.text
    assert broken.exists()


def test_the_command_says_what_has_gone(storage: Storage, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVETRAIN_HOME", str(storage.home.root))
    os.utime(mirror.with_suffix(".lock"), (0, 0))
    said = CliRunner().invoke(command, ["--apply"], standalone_mode=False)
    assert said.output == f"removed mirror {mirror.name}, which nobody has used for long\n"
