"""The contract of the RunStore port."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.plan.model import JobPlan, Plan, StagePlan, StepPlan
from drivetrain.run.events import RunEvent
from drivetrain.run.model import (
    Artifact,
    JobRecord,
    JobRef,
    RepositorySource,
    Result,
    StageRecord,
    State,
    StepRecord,
)
from drivetrain.run.ports import Changes, DecidedLegs, NewRun, RunChange
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.model import Run
    from drivetrain.run.ports import Counter, RunStore

SOURCE = RepositorySource("example", "/code", "/mirror", "refs/heads/main", Commit("a" * 40, "Ünï ↯", "Ada", "a@b"))
NEW = NewRun("p", "azure-pipelines.yml", Reason.MANUAL, SOURCE, "Ada", "a@b", parameters={"n": [1, {"x": None}]})
PLAN = Plan("p", "f", "$(Rev:r)", (StagePlan("S", "S", (JobPlan("A", "A", (StepPlan("s", "S", "Bash@3"),)),)),))


@pytest.fixture(params=[SqliteRunStore], ids=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], RunStore]:
    return lambda: request.param(Database(tmp_path / "drivetrain.db"))


@pytest.fixture
def store(open_store: Callable[[], RunStore]) -> RunStore:
    return open_store()


def create(store: RunStore, new: NewRun = NEW, key: str = "k") -> Run:
    return store.create(new, PLAN, number_key=key, number=lambda _, revision, *__: f"{key}.{revision}")


def event(seq: int, kind: str = "x") -> RunEvent:
    return RunEvent(seq, "2026-01-01T00:00:00.000Z", kind, {"text": "ünï", "n": 1})


def test_a_created_run_is_pending_and_comes_back_as_it_was(store: RunStore) -> None:
    run = create(store)
    assert store.get(run.id) == run
    assert (run.number, run.state, run.result, run.source, run.parameters) == (
        "k.1", State.PENDING, None, SOURCE, {"n": [1, {"x": None}]},
    )  # fmt: skip
    assert store.plan(run.id) == PLAN
    assert store.unfinished() == [run.id]
    assert [(each.seq, each.type) for each in store.events(run.id)] == [(1, "run.queued")]


def test_a_run_may_be_without_a_plan(store: RunStore) -> None:
    run = store.create(NEW, None, number_key="", number=lambda run_id, *_: str(run_id))
    assert store.plan(run.id) is None
    assert run.number == str(run.id)


def test_a_plan_of_a_newer_version_is_refused(store: RunStore) -> None:
    newer = replace(PLAN, version=PLAN.version + 1)
    run = store.create(NEW, newer, number_key="", number=lambda run_id, *_: str(run_id))
    with pytest.raises(CorruptError, match="newer version"):
        store.plan(run.id)


def test_legs_take_the_place_of_the_row_that_stood_for_them(store: RunStore) -> None:
    run = create(store)
    names = [JobRef("S", "A"), JobRef("S", "M"), JobRef("S", "Z")]
    store.record(run.id, (), Changes(jobs=[JobRecord(name, 1, name.job) for name in names]))
    legs = [JobRecord(JobRef("S", "M", leg), 1, leg) for leg in ("b", "a", "c")]
    store.record(run.id, (), Changes(decided=[DecidedLegs(names[1], legs)]))
    store.record(run.id, (), Changes(jobs=[replace(legs[1], attempt=2)]))
    found = [(str(record.ref), record.attempt) for record in store.jobs(run.id)]
    assert found == [("S.A", 1), ("S.M.b", 1), ("S.M.a", 1), ("S.M.a", 2), ("S.M.c", 1), ("S.Z", 1)]


def test_a_stage_is_started_once_and_who_asked_first_is_kept(store: RunStore) -> None:
    manual = replace(PLAN, stages=(replace(PLAN.stages[0], manual=True),))
    run = store.create(NEW, manual, number_key="", number=lambda run_id, *_: str(run_id))
    assert store.starts(run.id) == {}
    store.request_start(run.id, "s", by="Ada")
    store.request_start(run.id, "S", by="Bob")
    assert store.starts(run.id) == {"S": "Ada"}
    store.record(run.id, (), Changes(run=RunChange(state=State.COMPLETED, result=Result.CANCELED)))
    with pytest.raises(ConflictError):
        store.request_start(run.id, "S", by="Ada")


def test_revisions_count_from_1_by_pipeline_and_key(store: RunStore) -> None:
    other = replace(NEW, pipeline="q")
    numbers = [create(store, new, key).number for new, key in [(NEW, "a"), (NEW, "a"), (NEW, "b"), (other, "a")]]
    assert numbers == ["a.1", "a.2", "b.1", "a.1"]


def test_an_event_of_a_source_makes_one_run_and_counts_once(store: RunStore) -> None:
    create(store, replace(NEW, source_event_id=7))
    with pytest.raises(ConflictError, match="event 7"):
        create(store, replace(NEW, source_event_id=7))
    assert create(store).number == "k.2"


def test_when_naming_fails_nothing_is_kept(store: RunStore) -> None:
    with pytest.raises(ZeroDivisionError):
        store.create(NEW, PLAN, number_key="k", number=lambda _, revision, *__: str(revision // 0))
    assert store.unfinished() == []
    assert create(store).number == "k.1"


def test_many_at_once_get_numbers_of_their_own(store: RunStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: create(store).number, range(40)))
    assert sorted(numbers) == sorted(f"k.{n}" for n in range(1, 41))


def test_what_is_not_there_is_said_so(store: RunStore) -> None:
    for call in (store.get, store.plan, store.request_cancel):
        with pytest.raises(NotFoundError, match="there is no run 9"):
            call(9)
    assert (store.stages(9), store.jobs(9), store.steps(9), store.events(9), store.last_seq(9)) == ([], [], [], [], 0)


def test_rows_are_upserts_and_come_in_plan_order(store: RunStore) -> None:
    run = create(store).id
    refs = [JobRef("S", "Z"), JobRef("S", "M", "two"), JobRef("S", "M", "one"), JobRef("R", "A")]
    jobs = [JobRecord(ref, 1, str(ref)) for ref in refs]
    stages = [StageRecord("S", "S"), StageRecord("R", "R")]
    store.record(run, [event(2)], Changes(stages=stages, jobs=jobs))
    second = JobRecord(refs[0], 2, "again")
    done = replace(
        jobs[1],
        state=State.COMPLETED,
        result=Result.FAILED,
        outputs={"s.x": "1"},
        secret_outputs=("s.x",),
        journal_offset=9,
    )
    steps = [
        StepRecord(ref, attempt, index, "s", "S")
        for ref, attempt, index in [(refs[3], 1, 1), (refs[0], 2, 1), (refs[0], 1, 2), (refs[0], 1, 1)]
    ]
    store.record(
        run, [event(3)], Changes(stages=[replace(stages[0], result=Result.FAILED)], jobs=[second, done], steps=steps)
    )
    assert store.jobs(run) == [jobs[0], second, done, jobs[2], jobs[3]]
    assert [stage.result for stage in store.stages(run)] == [Result.FAILED, None]
    assert store.steps(run) == [steps[3], steps[2], steps[1], steps[0]]


def test_a_change_of_the_run_leaves_the_other_columns(store: RunStore) -> None:
    run = create(store)
    store.record(run.id, [], Changes(RunChange(state=State.RUNNING, started_at="t", add_tags=("a", "b"))))
    store.record(run.id, [], Changes(RunChange(number="new", add_tags=("b", "c"), canceling=True)))
    wanted = replace(run, state=State.RUNNING, started_at="t", number="new", tags=("a", "b", "c"), canceling=True)
    assert store.get(run.id) == wanted
    store.record(run.id, [], Changes(RunChange(state=State.COMPLETED, result=Result.CANCELED, finished_at="t")))
    assert store.unfinished() == []


@pytest.mark.parametrize("seqs", [[1], [3], [2, 4], [2, 2]])
def test_events_that_do_not_follow_are_refused_and_nothing_is_written(store: RunStore, seqs: list[int]) -> None:
    run = create(store).id
    with pytest.raises(ConflictError, match="somebody else drives this run"):
        store.record(run, [event(seq) for seq in seqs], Changes(RunChange(number="stolen")))
    assert store.last_seq(run) == 1
    assert store.get(run).number == "k.1"


def test_events_are_read_by_page(store: RunStore) -> None:
    run = create(store).id
    store.record(run, [event(seq) for seq in range(2, 12)], Changes())
    assert [each.seq for each in store.events(run, 3, 4)] == [4, 5, 6, 7]
    assert store.events(run, 10)[0] == event(11)
    assert store.last_seq(run) == 11


def test_artifacts_are_kept_with_their_run(store: RunStore, tmp_path: Path) -> None:
    run = create(store).id
    artifact = Artifact("model", "pipeline", JobRef("S", "A"), 2, 10, "t")
    store.record(run, [event(2)], Changes(artifacts=[artifact, replace(artifact, files=3)]))
    rows = sqlite3.connect(tmp_path / "drivetrain.db").execute("SELECT name FROM artifacts WHERE run_id = ?", (run,))
    assert rows.fetchall() == [("model",)]


def test_who_asked_first_to_cancel_is_kept(store: RunStore) -> None:
    run = create(store).id
    store.request_cancel(run, by="Ada")
    store.request_cancel(run, by="Bob")
    assert (store.get(run).cancel_requested, store.get(run).cancel_by) == (True, "Ada")


def test_a_completed_run_cannot_be_canceled(store: RunStore) -> None:
    run = create(store).id
    store.record(run, [], Changes(RunChange(state=State.COMPLETED, result=Result.SUCCEEDED)))
    with pytest.raises(ConflictError, match="is completed"):
        store.request_cancel(run)


def test_counters_count_by_pipeline_and_prefix_once_per_run(store: RunStore) -> None:
    first, second = create(store).id, create(store).id
    other = create(store, replace(NEW, pipeline="q")).id
    assert [store.counter(first, "a", 100), store.counter(first, "a", 100), store.counter(first, "b", 0)] == [
        100,
        100,
        0,
    ]
    assert [store.counter(second, "a", 5), store.counter(other, "a", 7)] == [101, 7]


def test_a_counter_in_a_run_s_name_is_the_one_that_the_run_sees_later(store: RunStore) -> None:
    def counted(_run: int, _revision: int, counter: Counter) -> str:
        return f"1.{counter('a', 5)}"

    runs = [store.create(NEW, PLAN, number_key="", number=counted) for _ in range(2)]
    assert [run.number for run in runs] == ["1.5", "1.6"]
    assert [store.counter(run.id, "a", 5) for run in runs] == [5, 6]


def test_the_version_changes_when_somebody_else_writes_and_only_then(open_store: Callable[[], RunStore]) -> None:
    mine, theirs = open_store(), open_store()
    before = mine.version()
    assert mine.version() == before
    create(theirs)
    assert mine.version() != before


def test_a_write_of_another_thread_changes_the_version(store: RunStore) -> None:
    before = store.version()
    thread = threading.Thread(target=create, args=(store,))
    thread.start()
    thread.join()
    assert store.version() != before


def test_what_was_recorded_survives_kill_9(store: RunStore, tmp_path: Path) -> None:
    run = create(store).id
    program = (
        "import os, pathlib, sys\n"
        "from drivetrain.store.database import Database\n"
        "from drivetrain.store.runs import SqliteRunStore\n"
        "from drivetrain.run.events import RunEvent\n"
        "from drivetrain.run.ports import Changes, RunChange\n"
        "store = SqliteRunStore(Database(pathlib.Path(sys.argv[1])))\n"
        "store.record(int(sys.argv[2]), [RunEvent(2, 't', 'x', {})], Changes(RunChange(number='kept')))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "drivetrain.db"), str(run)], check=False)
    assert (store.get(run).number, store.last_seq(run)) == ("kept", 2)
