"""What the server's threads do of serving, also after one that was killed."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.serve.model import Endpoint, Launch, Speaks
from drivetrain.serve.release.model import ReleasePlan, Step
from drivetrain.wire.serving.fronts import bare
from drivetrain.wire.serving.leftovers import DAY, Leftovers
from drivetrain.wire.serving.locks import FileLocks
from drivetrain.wire.serving.progress import Progress
from drivetrain.wire.serving.working import Keeping, Releasing
from tests.unit.serve.home import ServingHome

if TYPE_CHECKING:
    from pathlib import Path

NOW = ReleasePlan((Step(100, 0.0),))


@pytest.fixture
def home(tmp_path: Path) -> ServingHome:
    return ServingHome(tmp_path)


def step_until_idle(releasing: Releasing, home: ServingHome) -> None:
    while releasing.step():
        home.later(1)
        time.sleep(0.01)  # its preparations are threads of their own


def test_what_is_asked_for_is_prepared_and_released_by_whoever_comes_next(home: ServingHome) -> None:
    home.deploy("m:1")
    step_until_idle(Releasing(home.parts), home)
    release = home.deploy("m:2")
    first = Releasing(home.parts)
    while home.traffic == {"blue": 100}:
        first.step()
        time.sleep(0.01)
    step_until_idle(Releasing(home.parts), home)  # a process that knows nothing but what is kept
    assert home.releases.get(release.id).state == "finished"
    assert home.traffic == {"green": 100}


def test_a_preparation_that_was_killed_is_begun_anew(home: ServingHome) -> None:
    home.deploy("m:1")
    home.said.append("killed in the middle")  # the row says what is to be done, and nobody holds the lock
    step_until_idle(Releasing(home.parts), home)
    assert home.traffic == {"blue": 100}


def test_the_thread_is_woken_and_ends(home: ServingHome) -> None:
    releasing, stop = Releasing(home.parts), threading.Event()
    thread = threading.Thread(target=releasing.serve, args=(stop,))
    thread.start()
    home.deploy("m:1", NOW)
    releasing.wake()
    while home.releases.get(1).under_way:
        time.sleep(0.01)
    stop.set()
    releasing.wake()
    thread.join()
    assert home.traffic == {"blue": 100}


def test_a_front_that_is_gone_or_behind_is_told(home: ServingHome) -> None:
    home.live("m:1")
    keeping = Keeping(home.parts)
    home.fronts.running.clear()
    keeping.step()
    status = home.fronts.status("shop")
    assert status is not None
    home.endpoints.set_traffic("shop", {}, by="ada")
    keeping.step()
    status = home.fronts.status("shop")
    assert status is not None
    assert status.generation == home.endpoints.get("shop").generation
    applied = home.fronts.applied
    keeping.step()
    assert home.fronts.applied == applied


def test_a_front_that_does_not_come_up_is_not_asked_again_at_once(
    home: ServingHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.endpoints.put(Endpoint("shop"), by="ada")
    asked: list[str] = []

    def apply(name: str, *, seconds: float = 30.0) -> None:
        del seconds
        asked.append(name)
        raise UnavailableError("it ended")

    monkeypatch.setattr(home.fronts, "apply", apply)
    keeping = Keeping(home.parts)
    keeping.step()
    keeping.step()
    assert asked == ["shop"]


def test_the_front_of_an_endpoint_that_is_gone_is_ended(home: ServingHome) -> None:
    home.live("m:1")
    home.endpoints.delete("shop", by="ada")  # and whoever did it was killed before it could stop the front
    keeping = Keeping(home.parts, lambda: ["shop"])
    keeping.step()
    assert home.fronts.status("shop") is None


def test_what_no_deployment_needs_is_removed_after_a_day(home: ServingHome) -> None:
    serving = home.storage.home.serving
    folders = [serving / "models" / name for name in ("needed", "young", "old")]
    folders += [serving / "environments" / "old", serving / "endpoints" / "shop", serving / "endpoints" / "gone"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
        age = 0.0 if folder.name == "young" else 15 * DAY
        at = home.clock.now().timestamp() - age
        os.utime(folder, (at, at))
    launch = Launch(("serve",), str(serving / "models" / "needed"), Speaks.FRAMES)
    home.live("m:1")
    kept = home.endpoints.deployment("shop", "blue")
    home.endpoints.put_deployment(replace(kept, launch=launch), by="ada")
    assert Leftovers(home.storage).remove() == ["models/old", "environments/old", "endpoints/gone"]
    assert [folder.name for folder in folders if folder.exists()] == ["needed", "young", "shop"]
    home.deploy("m:2")
    (serving / "models" / "old").mkdir()
    os.utime(serving / "models" / "old", (0, 0))
    assert Leftovers(home.storage).remove() == []  # it may be what is being prepared


def test_locks_are_of_their_names_and_go_with_whoever_holds_them(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with locks.preparing("shop", "blue") as mine, FileLocks(tmp_path).preparing("SHOP", "Blue") as theirs:
        assert (mine, theirs) == (True, False)
        with locks.preparing("shop", "green") as other:
            assert other
    with locks.preparing("shop", "blue") as again:
        assert again
    for name in ("../x", "a/b", ""):
        with pytest.raises(Exception, match="is no name"), locks.changing(name):
            pass


def test_progress_is_of_the_last_preparation(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert progress.said("shop", "blue") == []
    progress.say("shop", "blue", "old")
    progress.say("shop", "blue", "")
    for line in ("one", "two\n"):
        progress.say("Shop", "Blue", line)
    assert progress.said("shop", "blue") == ["one", "two"]


def test_a_front_gets_nothing_of_the_job_that_starts_it() -> None:
    job = {"PATH": "/bin", "DRIVETRAIN_HOME": "/h", "DRIVETRAIN_JOB_DIR": "/j", "DRIVETRAIN_STEP": "/j#1", "TOKEN": "s"}
    assert bare(job) == {"PATH": "/bin", "DRIVETRAIN_HOME": "/h"}
