from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.run.checks.model import Resource
from drivetrain.run.model import Result
from tests.unit.run.checks.checks_bench import ChecksBench, deploy

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.plan.model import Plan
    from drivetrain.run.model import Run

NAMES = ("a", "b", "c")


def uses(*names: str) -> list[ResourceUse]:
    return [ResourceUse(ResourceKind.ENVIRONMENT, name) for name in names]


def test_one_stage_at_a_time_holds_a_lock(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    first, second = bench.run(deploy(lock="sequential")), bench.run(deploy(lock="sequential"))
    assert bench.look(*first).open
    gate = bench.look(*second)
    assert (gate.open, gate.result) == (False, None)
    assert "run 1, stage Deploy, has it" in gate.reason
    assert gate.look_again
    bench.end_stage(first[0])
    bench.gates.leave(first[0], "Deploy", 1)
    assert bench.look(*second).open


def test_sequential_waits_in_the_order_of_asking(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    runs = [bench.run(deploy(lock="sequential")) for _ in range(4)]
    order = [runs[0], runs[3], runs[1], runs[2]]
    for each in order:
        bench.look(*each)
    for number, each in enumerate(order):
        waiting = order[number + 1 :]
        assert bench.look(*each).open
        assert not any(bench.look(*other).open for other in reversed(waiting))
        bench.end_stage(each[0])


def test_run_latest_is_the_default_and_cancels_older_runs_that_wait(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    holder, *waiting = [bench.run() for _ in range(4)]
    assert bench.look(*holder).open
    for each in waiting:
        bench.look(*each)
    gates = [bench.look(*each) for each in waiting]
    assert [gate.result for gate in gates] == [Result.CANCELED, Result.CANCELED, None]
    assert "run 4 is newer" in gates[0].reason
    assert bench.look(*holder).open
    bench.end_stage(holder[0])
    assert bench.look(*waiting[2]).open


def test_an_older_run_that_comes_later_gives_up_at_once(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    holder, older, newer = (bench.run() for _ in range(3))
    bench.look(*holder)
    bench.look(*newer)
    assert bench.look(*older).result is Result.CANCELED
    assert bench.look(*newer).result is None


def test_runs_of_another_pipeline_wait_and_cancel_nobody(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    holder, waiting, other = bench.run(), bench.run(), bench.run(pipeline="other")
    for each in (holder, waiting, other):
        bench.look(*each)
    assert [bench.look(*each).result for each in (waiting, other)] == [None, None]
    bench.end_stage(holder[0])
    assert not bench.look(*other).open
    assert bench.look(*waiting).open


def test_two_stages_of_a_run_wait_for_each_other_without_canceling(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    run, plan = bench.run(deploy("A"), deploy("B"))
    assert bench.look(run, plan, 0).open
    assert bench.look(run, plan, 1).result is None
    bench.end_stage(run, "A")
    assert bench.look(run, plan, 1).open


def test_a_killed_holder_keeps_its_lock_until_its_rows_say_that_it_is_over(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    first, second = bench.run(), bench.run()
    assert bench.look(*first).open
    bench.restart()  # and nobody has left
    assert not bench.look(*second).open
    bench.end_run(first[0])
    assert bench.look(*second).open


def test_another_attempt_at_a_stage_is_not_kept_out_by_the_one_before(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    run, plan = bench.run()
    assert bench.look(run, plan).open
    bench.end_stage(run)
    assert bench.look(run, plan, attempt=2).open


def test_the_lock_comes_last_and_is_not_waited_for_before(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    bench.approval("ben")
    first, second = bench.run(), bench.run()
    bench.look(*first)
    bench.look(*second)
    bench.decide(second[0], "ben")
    assert bench.look(*second).open
    bench.decide(first[0], "ben")
    assert "run 2, stage Deploy, has it" in bench.look(*first).reason


def test_who_may_not_begin_any_more_gives_his_place_away(bench: ChecksBench) -> None:
    bench.add("exclusiveLock")
    bench.add("businessHours", start="00:00", end="03:30", timeout=7 * 1440)
    holder, waiting = bench.run(deploy(lock="sequential")), bench.run(deploy(lock="sequential"))
    assert bench.look(*holder).open
    assert "exclusiveLock" in bench.look(*waiting).reason
    bench.later(hours=1)
    assert "businessHours" in bench.look(*waiting).reason
    rows = bench.database.connections.get().execute("SELECT state FROM locks").fetchall()
    assert [row["state"] for row in rows] == ["held"]


def test_a_lock_that_is_never_free_skips_the_stage(bench: ChecksBench) -> None:
    bench.add("exclusiveLock", timeout=60)
    first, second = bench.run(), bench.run()
    bench.look(*first)
    bench.look(*second)
    bench.later(hours=1)
    assert bench.look(*second).result is Result.SKIPPED
    assert bench.look(*first).open


class Locks(RuleBasedStateMachine):
    """Runs of two pipelines with stages that need some of three locks; looks, ends and restarts in any order.

    Never does a stage begin while another holds one of its locks, and never do all that are left wait for each other.
    """

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.bench = ChecksBench(self.folder / str(id(self)) / str(Locks.count))
        Locks.count += 1
        for name in NAMES:
            self.bench.add("exclusiveLock", Resource(ResourceKind.ENVIRONMENT, name))
        self.live: dict[int, tuple[Run, Plan]] = {}
        self.holding: dict[int, frozenset[str]] = {}
        self.behaviour: dict[int, str] = {}

    count = 0

    @rule(
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        lock=st.sampled_from(["", "runLatest", "sequential"]),
        pipeline=st.sampled_from(["p", "q"]),
    )
    def begin(self, names: set[str], lock: str, pipeline: str) -> None:
        run, plan = self.bench.run(deploy("Deploy", *uses(*sorted(names)), lock=lock), pipeline=pipeline)
        self.live[run.id] = (run, plan)
        self.behaviour[run.id] = lock

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self.look_at(data.draw(st.sampled_from(sorted(self.live))))

    def look_at(self, run_id: int) -> bool:
        """Whether anything has changed."""
        run, plan = self.live[run_id]
        gate = self.bench.look(run, plan)
        before = run_id in self.holding
        if gate.open:
            self.holding[run_id] = frozenset(use.name for use in plan.stages[0].resources)
        elif gate.result is not None:
            assert gate.result is Result.CANCELED
            assert self.behaviour[run_id] != "sequential"
            assert any(other > run_id and each[0].pipeline == run.pipeline for other, each in self.live.items())
            self.end(run_id)
        else:
            assert not before
        return gate.result is not None or (gate.open and not before)

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), tells=st.booleans())
    def finish(self, data: st.DataObject, tells: bool) -> None:  # noqa: FBT001 - drawn
        self.end(data.draw(st.sampled_from(sorted(self.holding))), tells=tells)

    def end(self, run_id: int, *, tells: bool = True) -> None:
        run, _ = self.live.pop(run_id)
        self.holding.pop(run_id, None)
        self.bench.end_stage(run)
        if tells:
            self.bench.gates.leave(run, "Deploy", 1)

    @rule()
    def kill(self) -> None:
        self.bench.restart()

    @invariant()
    def no_lock_has_two_holders(self) -> None:
        held = [name for names in self.holding.values() for name in names]
        assert len(held) == len(set(held))

    @invariant()
    def nobody_waits_for_nobody(self) -> None:
        waiting = set(self.live) - set(self.holding)
        if waiting and not self.holding:
            for run_id in sorted(waiting):
                if run_id in self.live:
                    self.look_at(run_id)
            assert self.holding

    def teardown(self) -> None:
        """All that is left comes to its end."""
        for _ in range(3 * len(self.live) + 3):
            for run_id in sorted(self.live):
                if run_id in self.live:
                    self.look_at(run_id)
            for run_id in sorted(self.holding):
                self.end(run_id)
        assert not self.live
        self.bench.checks._database.connections.close()


@pytest.mark.filterwarnings("ignore")
def test_locks_are_held_by_one_and_always_given_on(tmp_path: Path) -> None:
    Locks.folder = tmp_path
    case = Locks.TestCase
    case.settings = settings(
        max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case().runTest()
