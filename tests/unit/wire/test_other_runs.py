"""Which runs a job, and a run that is made, may take artifacts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.events import RunEvent
from drivetrain.run.model import RepositorySource, Result, State
from drivetrain.run.ports import Changes, NewRun, RunChange, RunWanted
from drivetrain.source.model import Commit, Reason
from drivetrain.wire.other_runs import HomeRuns
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.model import Run

SOURCE = RepositorySource("code", "/s", "/s", "refs/heads/main", Commit("a" * 40))
ANY = RunWanted("bakery")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(Home(tmp_path / "home"))


def make(
    storage: Storage,
    pipeline: str = "bakery",
    result: Result | None = Result.SUCCEEDED,
    *,
    ref: str = "refs/heads/main",
    tags: tuple[str, ...] = (),
    minute: int = 0,
    restricted: bool = False,
) -> Run:
    new = NewRun(pipeline, "a.yml", Reason.MANUAL, replace(SOURCE, ref=ref), "Ada", restricted=restricted)
    run = storage.runs.create(new, None, number_key="k", number=lambda run_id, *_: f"n{run_id}")
    ended = f"2026-01-01T00:{minute:02}:00.000Z"
    change = RunChange(State.COMPLETED, result, finished_at=ended) if result else RunChange(State.RUNNING)
    event = RunEvent(storage.runs.last_seq(run.id) + 1, timestamp(storage.clock.now()), "x")
    storage.runs.record(run.id, [event], Changes(replace(change, add_tags=tags)))
    return storage.runs.get(run.id)


def found(storage: Storage, wanted: RunWanted, *, own: int = 0, across: bool = True) -> int:
    return HomeRuns(storage.home, own, across=across).find(wanted).id


def test_the_one_that_finished_last_is_found(storage: Storage) -> None:
    make(storage, minute=1)
    last = make(storage, minute=9)
    make(storage, minute=5)
    make(storage, result=None)
    assert found(storage, ANY) == last.id


def test_what_is_said_of_it_must_fit(storage: Storage) -> None:
    good = make(storage, tags=("Fresh", "rye"), minute=1)
    bad = make(storage, result=Result.FAILED, minute=2)
    topic = make(storage, ref="refs/heads/topic", minute=3)
    assert found(storage, RunWanted("BAKERY", results=(Result.SUCCEEDED,), branch="main")) == good.id
    assert found(storage, RunWanted("bakery", results=(Result.FAILED,))) == bad.id
    assert found(storage, RunWanted("bakery", branch="refs/heads/topic")) == topic.id
    assert found(storage, RunWanted("bakery", tags=("fresh", "RYE"))) == good.id
    assert found(storage, RunWanted("\\team\\bakery", number=bad.number)) == bad.id
    with pytest.raises(NotFoundError, match="No builds currently exist") as caught:
        found(storage, RunWanted("bakery", tags=("fresh", "white")))
    assert caught.value.hint == "no completed run of bakery fits: tags fresh, white"


def test_a_run_of_a_stranger_is_the_latest_of_nothing_but_its_own_ref(storage: Storage) -> None:
    good = make(storage, tags=("fresh",), minute=1)
    pull = "refs/pull/7/merge"
    strange = make(storage, ref=pull, tags=("fresh", "blessed"), minute=2, restricted=True)
    assert found(storage, ANY) == found(storage, RunWanted("bakery", tags=("fresh",))) == good.id
    assert found(storage, RunWanted("bakery", branch=pull)) == strange.id
    for wanted in (RunWanted("bakery", tags=("blessed",)), RunWanted("bakery", number=strange.number)):
        with pytest.raises(NotFoundError, match="No builds currently exist"):
            found(storage, wanted)


@pytest.mark.parametrize("name", ["nowhere", "' OR 1=1 --", "%", "../bakery/x", "", "9" * 30, "1"])
def test_a_pipeline_that_is_not_there_is_told_of(storage: Storage, name: str) -> None:
    make(storage)
    with pytest.raises(NotFoundError, match="The following pipeline does not exist"):
        found(storage, RunWanted(name))


def test_with_the_setting_off_only_the_same_pipeline_is_seen(storage: Storage) -> None:
    bakery, mill = make(storage), make(storage, "mill")
    own = make(storage, "mill", result=None)
    runs = HomeRuns(storage.home, own.id, across=False)
    assert runs.find(RunWanted("mill")).id == mill.id
    with pytest.raises(NotFoundError, match="does not exist"):
        runs.find(ANY)
    with pytest.raises(NotFoundError, match="no run 1 of this pipeline") as caught:
        runs.get(bakery.id)
    assert "artifacts_across_projects" in caught.value.hint
    assert HomeRuns(storage.home, own.id).get(bakery.id) == bakery


def test_what_is_being_removed_is_not_found(storage: Storage) -> None:
    old, _ = make(storage, minute=1), make(storage, minute=2)
    connection = storage.database.connections.get()
    connection.execute("INSERT INTO removals VALUES (?, 'artifacts', '', '')", (old.id + 1,))
    connection.execute("INSERT INTO removals VALUES (?, 'work', '', '')", (old.id,))
    assert found(storage, ANY) == old.id
