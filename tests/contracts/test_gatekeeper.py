"""What every Gatekeeper must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.checks.ports import OpenGates
from drivetrain.run.model import Result
from tests.unit.run.checks.checks_bench import ChecksBench, deploy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.plan.model import Plan
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.run.model import Run


@dataclass
class Case:
    """A gatekeeper, a run that it can be asked about, and another one on the same store, as after a restart."""

    keeper: Gatekeeper
    run: Run
    plan: Plan
    again: Callable[[], Gatekeeper]


def open_gates(bench: ChecksBench) -> Case:
    return Case(OpenGates(), *bench.run(), again=OpenGates)


def no_checks(bench: ChecksBench) -> Case:
    return _case(bench)


def passed(bench: ChecksBench) -> Case:
    bench.approval("ada")
    case = _case(bench)
    bench.look(case.run, case.plan)
    bench.decide(case.run, "ada")
    bench.look(case.run, case.plan)
    return case


def refused(bench: ChecksBench) -> Case:
    bench.add("branchControl", allowedBranches=["refs/heads/release"])
    case = _case(bench)
    bench.look(case.run, case.plan)
    return case


def _case(bench: ChecksBench) -> Case:
    run, plan = bench.run()

    def restarted() -> Gatekeeper:
        bench.restart()
        return bench.gates

    return Case(bench.gates, run, plan, restarted)


CASES = (open_gates, no_checks, passed, refused)


@pytest.fixture(params=CASES, ids=lambda make: make.__name__)
def case(request: pytest.FixtureRequest, bench: ChecksBench) -> Case:
    made: Case = request.param(bench)
    return made


@pytest.fixture
def bench(tmp_path: Path) -> ChecksBench:
    return ChecksBench(tmp_path)


def test_a_final_answer_stays_whatever_happens(case: Case, bench: ChecksBench) -> None:
    stage = case.plan.stages[0]
    first = case.keeper.look(case.run, case.plan, stage, 1)
    assert first.open or first.result is not None
    bench.approval("zoe")
    bench.later(days=400)
    second = case.keeper.look(case.run, case.plan, stage, 1)
    third = case.again().look(case.run, case.plan, stage, 1)
    assert (first.open, first.result, first.reason) == (second.open, second.result, second.reason)
    assert (first.open, first.result, first.reason) == (third.open, third.result, third.reason)


def test_what_is_told_is_told_once(case: Case) -> None:
    stage = case.plan.stages[0]
    case.keeper.look(case.run, case.plan, stage, 1)
    assert case.keeper.look(case.run, case.plan, stage, 1).events == ()


def test_leaving_is_harmless_at_any_time_and_twice(case: Case) -> None:
    stage = case.plan.stages[0]
    case.keeper.leave(case.run, "Nothing of that name", 3)
    first = case.keeper.look(case.run, case.plan, stage, 1)
    for _ in range(2):
        case.keeper.leave(case.run, stage.name, 1)
    again = case.keeper.look(case.run, case.plan, stage, 1)
    assert (first.open, first.result) == (again.open, again.result)


def test_another_attempt_is_another_gate(bench: ChecksBench) -> None:
    bench.approval("ada")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.decide(run, "ada", approve=False)
    assert bench.look(run, plan).result is Result.FAILED
    second = bench.look(run, plan, attempt=2)
    assert (second.open, second.result) == (False, None)


def test_a_gate_that_waited_when_its_stage_was_left_is_never_opened(bench: ChecksBench) -> None:
    bench.approval("ada")
    run, plan = bench.run()
    bench.look(run, plan)
    bench.gates.leave(run, "Deploy", 1)
    assert bench.look(run, plan).result is Result.CANCELED


def test_a_stage_without_resources_has_no_gate(bench: ChecksBench) -> None:
    bench.approval("ada")
    stage = deploy()
    run, plan = bench.run(type(stage)(stage.name, stage.name, stage.jobs))
    assert bench.look(run, plan).open
    assert bench.checks.gates(run.id) == []
