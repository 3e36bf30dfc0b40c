"""Random plans, random endings in random order, the engine killed between any two steps: never stuck, nothing started
twice, and the results are those of a slow, obvious reference."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivetrain.plan.model import LegPlan, RuntimeText, StrategyPlan
from tests.unit.run.engine_bench import Bench, job, plan, stage

if TYPE_CHECKING:
    from drivetrain.plan.model import JobPlan, Plan, StagePlan

CONDITIONS = ["", "", "", "always()", "failed()", "succeededOrFailed()", "canceled()", "false", "nope("]
DECIDED = {"{'x': {}, 'y': {'v': '1'}}": ("x", "y"), '{"z": {}}': ("z",), "nonsense": None}
"""Matrices that come at run time -> their legs; None for one that is wrong."""
RANK = ["Skipped", "Succeeded", "SucceededWithIssues", "Failed", "Canceled"]


@st.composite
def job_plans(draw: st.DrawFn, index: int) -> JobPlan:
    names = [f"J{before}" for before in range(index)]
    depends_on = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
    return job(
        f"J{index}",
        *depends_on,
        condition=draw(st.sampled_from(CONDITIONS)),
        continue_on_error=draw(st.sampled_from(["false", "false", "true"])),
        max_parallel=draw(st.integers(0, 2)),
        **draw(st.one_of(named_legs(), hooks(), decided_legs())),
    )


@st.composite
def named_legs(draw: st.DrawFn) -> dict[str, object]:
    legs = draw(st.sampled_from([("",), ("",), ("a", "b"), ("a", "b", "c")]))
    return {"legs": tuple(LegPlan(leg) for leg in legs)}


@st.composite
def hooks(draw: st.DrawFn) -> dict[str, object]:
    """Legs that wait for earlier ones, as hooks of a deployment do and in other ways, too."""
    legs: list[LegPlan] = []
    for name in draw(st.sampled_from([("pre", "deploy", "well", "back"), ("deploy", "back"), ("a", "b", "c")])):
        before = [leg.name for leg in legs]
        after = draw(st.sampled_from([before, before[-1:], before[:1]]))
        legs.append(LegPlan(name, after=tuple(after), on_failure=draw(st.booleans()) if after else False))
    return {"legs": tuple(legs)}


@st.composite
def decided_legs(draw: st.DrawFn) -> dict[str, object]:
    text = draw(st.sampled_from(list(DECIDED)))
    limit = draw(st.sampled_from([None, RuntimeText("1"), RuntimeText("2")]))
    return {"strategy": StrategyPlan(matrix=RuntimeText(text), max_parallel=limit)}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    stages = []
    for index in range(draw(st.integers(1, 4))):
        names = [f"S{before}" for before in range(index)]
        depends_on = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
        jobs = [draw(job_plans(number)) for number in range(draw(st.integers(1, 4)))]
        condition, manual = draw(st.sampled_from(CONDITIONS)), draw(st.sampled_from([False, False, True]))
        stages.append(stage(f"S{index}", *jobs, depends_on=depends_on, condition=condition, manual=manual))
    return plan(*stages)


@dataclass(frozen=True)
class Seen:
    """What a condition looks at."""

    results: list[str]
    canceled: bool = False


def holds(condition: str, before: Seen) -> bool:
    good = [result in {"Succeeded", "SucceededWithIssues"} for result in before.results]
    match condition:
        case "" | "succeeded()":
            return all(good) and not before.canceled
        case "always()":
            return True
        case "failed()":
            return "Failed" in before.results and not before.canceled
        case "succeededOrFailed()":
            ran = any(good) or "Failed" in before.results
            return (ran or not before.results) and not before.canceled
        case "canceled()":
            return before.canceled
        case _:
            return False


def above(name: str, depends_on: dict[str, tuple[str, ...]]) -> list[str]:
    """Everything that a node depends on, directly or not."""
    found: list[str] = []
    waiting = list(depends_on[name])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            waiting += depends_on[each]
    return found


def worst(results: list[str]) -> str:
    return max(results, key=RANK.index, default="Skipped")


def reference(pipeline: Plan, outcome: dict[str, str]) -> dict[str, str]:
    """Results by name, worked out for a run that nobody cancels and that has nobody to start its stages by hand;
    `outcome` says how a leg ends if it runs."""
    results: dict[str, str] = {}
    stages: dict[str, str] = {}
    depends_on = {each.name: each.depends_on for each in pipeline.stages}
    for each in pipeline.stages:  # a stage depends on earlier ones only
        seen = Seen([stages[name] for name in above(each.name, depends_on)])
        if each.condition == "nope(":
            stages[each.name] = "Failed"
        elif each.manual or not holds(each.condition, seen):
            stages[each.name] = "Skipped"
        else:
            stages[each.name] = worst(list(jobs_of(each, outcome, results).values()))
            continue
        results.update({f"{each.name}.{name}": "Skipped" for name in leg_names(each)})
    return results | stages


def leg_names(each: StagePlan) -> list[str]:
    return [".".join(filter(None, (job_plan.name, leg.name))) for job_plan in each.jobs for leg in job_plan.legs]


def jobs_of(each: StagePlan, outcome: dict[str, str], results: dict[str, str]) -> dict[str, str]:
    jobs: dict[str, str] = {}
    depends_on = {job_plan.name: job_plan.depends_on for job_plan in each.jobs}
    for job_plan in each.jobs:
        runs = holds(job_plan.condition, Seen([jobs[name] for name in above(job_plan.name, depends_on)]))
        never = "Failed" if job_plan.condition == "nope(" else "Skipped"
        decided = decided_by(job_plan) if runs else job_plan.legs
        if decided is None:
            runs, never, decided = False, "Failed", job_plan.legs
        place = f"{each.name}.{job_plan.name}"
        legs = legs_of(place, decided, outcome) if runs else dict.fromkeys((leg.name for leg in decided), never)
        soft = runs and job_plan.continue_on_error == "true"
        legs = {leg: "SucceededWithIssues" if soft and ended == "Failed" else ended for leg, ended in legs.items()}
        results.update({full(place, leg): ended for leg, ended in legs.items()})
        jobs[job_plan.name] = worst(list(legs.values()))
    return jobs


def decided_by(job_plan: JobPlan) -> tuple[LegPlan, ...] | None:
    if job_plan.strategy is None or job_plan.strategy.matrix is None:
        return job_plan.legs
    names = DECIDED[job_plan.strategy.matrix.text]
    return None if names is None else tuple(LegPlan(name) for name in names)


def legs_of(place: str, legs: tuple[LegPlan, ...], outcome: dict[str, str]) -> dict[str, str]:
    """What legs come to, each after those that it names."""
    ended: dict[str, str] = {}
    for leg in legs:
        before = [ended[name] for name in leg.after]
        good = all(result in {"Succeeded", "SucceededWithIssues"} for result in before)
        runs = "Failed" in before if leg.on_failure else good
        ended[leg.name] = outcome[full(place, leg.name)] if runs else "Skipped"
    return ended


def full(place: str, leg: str) -> str:
    return f"{place}.{leg}" if leg else place


def all_legs(pipeline: Plan) -> list[str]:
    """Every leg that may run."""
    return [
        full(f"{each.name}.{job_plan.name}", leg.name)
        for each in pipeline.stages
        for job_plan in each.jobs
        for leg in decided_by(job_plan) or ()
    ]


def step(bench: Bench, data: st.DataObject, outcome: dict[str, str]) -> None:
    """One random thing happens: a job ends (or its runner is killed), the engine is killed, the engine looks."""
    living = bench.started()
    what = (
        data.draw(
            st.sampled_from(["end", "end", "end", "look", "kill the engine", "kill it before it starts what it wrote"])
        )
        if living
        else "look"
    )
    if what == "end":
        folder = data.draw(st.sampled_from(living))
        name = folder.rpartition(".")[0]
        runner = next(runner for path, runner in bench.executor.runners.items() if path.name == folder)
        if outcome[name] == "Failed" and data.draw(st.booleans()):
            runner.die()
        else:
            runner.complete(outcome[name])
    if what == "kill the engine":
        bench.restart()
    elif what == "kill it before it starts what it wrote":
        bench.executor.comes_up = False
        bench.look()
        bench.executor.comes_up = True
        bench.restart()
    else:
        bench.look()


def check_invariants(bench: Bench, run: int) -> None:
    events = bench.store.events(run, limit=100_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for kind in ("job.started", "job.completed", "stage.started", "stage.completed", "run.completed"):
        keys = [tuple(sorted((k, str(v)) for k, v in event.data.items() if k in {"stage", "job", "leg", "attempt"}))
                for event in events if event.type == kind]  # fmt: skip
        assert len(keys) == len(set(keys)), f"{kind} happened twice"
    assert len(bench.started()) <= bench.slots


COMMON = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def finish(bench: Bench, run: int, data: st.DataObject, outcome: dict[str, str]) -> None:
    for _ in range(400):
        if bench.result(run) is not None:
            break
        step(bench, data, outcome)
        assert len(bench.started()) <= bench.slots
    assert bench.result(run) is not None, f"stuck: {bench.results(run)}, living {bench.started()}"
    check_invariants(bench, run)


@COMMON
@given(plans(), st.data())
def test_a_run_always_ends_as_the_reference_says(pipeline: Plan, data: st.DataObject) -> None:
    names = all_legs(pipeline)
    outcome = {
        name: data.draw(st.sampled_from(["Succeeded", "Succeeded", "Failed", "SucceededWithIssues"])) for name in names
    }
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root), slots=data.draw(st.integers(1, 4)))
        run = bench.queue(pipeline)
        finish(bench, run, data, outcome)
        found = {str(record.ref): str(record.result) for record in bench.store.jobs(run)}
        found |= {record.name: str(record.result) for record in bench.store.stages(run)}
        bench.engine.close()
    wanted = reference(pipeline, outcome)
    assert found == wanted
    whole = worst([wanted[each.name] for each in pipeline.stages])
    assert bench.result(run) == ("Succeeded" if whole == "Skipped" else whole)


@COMMON
@given(plans(), st.data())
def test_a_run_that_is_canceled_at_any_moment_always_ends(pipeline: Plan, data: st.DataObject) -> None:
    outcome = {name: data.draw(st.sampled_from(["Succeeded", "Failed"])) for name in all_legs(pipeline)}
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root), slots=data.draw(st.integers(1, 4)))
        run = bench.queue(pipeline)
        for _ in range(data.draw(st.integers(0, 6))):
            step(bench, data, outcome)
        if bench.result(run) is None:
            ran = {str(record.ref) for record in bench.store.jobs(run) if str(record.state) == "running"}
            bench.store.request_cancel(run)
            if data.draw(st.booleans()):
                bench.restart()
            bench.look()
            canceled = {
                path.name.rpartition(".")[0] for path, runner in bench.executor.runners.items() if runner.canceled
            }
            assert canceled <= ran
        finish(bench, run, data, outcome)
        assert all(record.result is not None for record in bench.store.jobs(run))
        bench.engine.close()
