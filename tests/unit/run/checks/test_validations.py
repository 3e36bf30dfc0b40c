"""Questions of steps, from the runner's journal to the answer in the job's folder, with the real engine and store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import ConflictError
from drivetrain.run.checks.delivery import answer_file
from drivetrain.store.checks import SqliteChecks
from drivetrain.view.ports import Answer
from drivetrain.wire.desk import Desk
from tests.unit.run.engine_bench import Bench, job, one_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.run.checks.model import Approval
    from drivetrain.run.engine import Engine
    from drivetrain.run.executors.fake import FakeRunner


class AskingBench(Bench):
    """The engine's bench with a real store for what people are asked."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.checks = SqliteChecks(self.database, self.clock)
        self.desk = Desk(self.checks, self.store, self.vault, self.clock)
        self.engine.close()
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        engine = super().new_engine()
        if hasattr(self, "checks"):
            engine._parts = replace(engine._parts, answers=self.checks)
        return engine

    def ask(self, name: str = "A", **data: object) -> FakeRunner:
        runner = self.runner(name)
        runner.write("step.started", {"step": 1, "name": "s", "display_name": "Say"})
        runner.write("validation.requested", {"step": 1, "title": "Really?", **data})
        self.look()
        return runner

    def asked(self, run: int) -> list[Approval]:
        return list(self.checks.approvals(run))

    def decide(self, run: int, by: str = "ben", *, approve: bool = True) -> None:
        self.desk.decide(run, Answer(approve, by))
        self.look()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[AskingBench]:
    bench = AskingBench(tmp_path)
    yield bench
    bench.engine.close()


def told(runner: FakeRunner) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer_file(runner.job_dir, 1).read_text())
    return found


def test_a_question_is_kept_and_its_answer_is_handed_over(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    runner = bench.ask(instructions="Think", approvers=["ben"])
    (asked,) = bench.asked(run)
    assert (asked.subject, asked.instructions, asked.approvers, asked.stage) == ("Really?", "Think", ("ben",), "S")
    assert asked.requested_for == "Ada"
    assert not answer_file(runner.job_dir, 1).exists()
    bench.decide(run)
    assert told(runner) == {"approve": True, "by": "ben", "comment": ""}


def test_an_answer_that_no_driver_saw_is_handed_over_by_the_next(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    runner = bench.ask()
    bench.desk.decide(run, Answer(approve=False, by="ben"))
    bench.restart()
    assert told(runner)["approve"] is False
    answer_file(runner.job_dir, 1).unlink()
    bench.restart()
    assert told(runner)["approve"] is False


def test_an_attempt_that_follows_a_lost_runner_gets_the_answer_of_the_one_before(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    first = bench.ask()
    bench.decide(run)
    first.die()
    bench.look()
    second = bench.ask()
    assert second is not first
    assert told(second)["approve"] is True
    assert [each.state for each in bench.asked(run)] == ["approved", "approved"]


def test_a_question_without_an_answer_is_asked_again_after_a_lost_runner(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    bench.ask().die()
    bench.look()
    bench.ask()
    assert [(each.job_attempt, each.state) for each in bench.asked(run)] == [(1, "over"), (2, "pending")]


def test_a_question_is_over_with_its_job(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    bench.ask()
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert [each.state for each in bench.asked(run)] == ["over"]
    with pytest.raises(ConflictError, match="its stage or job has ended"):
        bench.decide(run)


def test_a_step_that_has_waited_long_enough_says_so(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    bench.ask().write("validation.timedOut", {"step": 1})
    bench.look()
    assert [each.state for each in bench.asked(run)] == ["timedOut"]


def test_who_asked_for_the_run_may_be_kept_from_deciding(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    bench.ask(own_runs=False)
    with pytest.raises(ConflictError, match="may not decide"):
        bench.decide(run, "ada")
    bench.decide(run, "ben")
    assert bench.asked(run)[0].state == "approved"


@pytest.mark.parametrize("data", [{"step": 7}, {"step": "x"}, {"step": 1, "approvers": 5}, {}])
def test_a_question_that_is_none_ends_the_job_not_the_engine(bench: AskingBench, data: dict[str, object]) -> None:
    run = bench.queue(one_stage(job("A", server=True), job("B")))
    runner = bench.runner("A")
    runner.write("step.started", {"step": 1, "name": "s", "display_name": "Say"})
    runner.write("validation.requested", data)
    bench.look()
    assert bench.results(run)["A"] == "Failed"
    bench.finish("B")
    assert bench.result(run) == "Failed"
    assert bench.asked(run) == []


def test_a_hostile_question_is_cut(bench: AskingBench) -> None:
    run = bench.queue(one_stage(job("A", server=True)))
    bench.ask(title="x" * 50_000, instructions="y" * 50_000, approvers=[f"p{number}" for number in range(1000)])
    (asked,) = bench.asked(run)
    assert (len(asked.subject), len(asked.instructions), len(asked.approvers)) == (10_000, 10_000, 100)
