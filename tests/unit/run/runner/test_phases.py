from __future__ import annotations

from typing import Any

from drivetrain.plan.model import StepPlan
from drivetrain.run.runner.phases import Phase, parts_of
from drivetrain.run.tasks.registry import phases_of

Make = Any
_BOTH = frozenset({Phase.BEFORE, Phase.MAIN, Phase.AFTER})


def _step(name: str, **fields: Any) -> StepPlan:
    return StepPlan(name, name.upper(), name, **fields)


def test_what_comes_after_the_job_comes_in_reverse_order() -> None:
    phases = {"a": _BOTH, "b": frozenset({Phase.MAIN}), "c": _BOTH}
    found = parts_of([_step("a"), _step("b"), _step("c")], lambda task: phases[task])
    assert [(part.plan.display_name, part.phase.value) for part in found] == [
        ("Pre-job: A", "before"),
        ("Pre-job: C", "before"),
        ("A", "main"),
        ("B", "main"),
        ("C", "main"),
        ("Post-job: C", "after"),
        ("Post-job: A", "after"),
    ]


def test_only_what_comes_before_the_job_has_the_condition_of_the_step() -> None:
    before, main, after = parts_of([_step("a", condition="failed()")], lambda _: _BOTH)
    assert [before.plan.condition, main.plan.condition, after.plan.condition] == ["failed()", "failed()", "always()"]


def test_a_disabled_step_has_nothing_before_and_after() -> None:
    assert [part.phase for part in parts_of([_step("a", enabled=False)], lambda _: _BOTH)] == [Phase.MAIN]


def test_most_tasks_have_only_the_step_itself_and_so_has_what_is_no_task() -> None:
    assert phases_of("bash@3") == phases_of("Nothing@1") == {Phase.MAIN}


def test_a_task_variable_is_for_the_task_alone(run_job: Make) -> None:
    job = run_job('echo "##vso[task.settaskvariable variable=a.b]1"', 'echo "[$VSTS_TASKVARIABLE_A_B]"')
    assert job.output(2) == "[]\n"


def test_a_secret_task_variable_is_masked(run_job: Make) -> None:
    job = run_job('echo "##vso[task.settaskvariable variable=a;issecret=true]hidden-1234"; echo hidden-1234')
    assert "hidden-1234" not in job.output(1).splitlines()
