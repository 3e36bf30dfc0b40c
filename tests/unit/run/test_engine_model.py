"""Random plans, random endings in random order, gates that open or do not, the engine killed between any two steps,
runs opened again: never stuck, nothing started twice, and the results are those of a slow, obvious reference."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivetrain.plan.model import DeploymentPlan, LegPlan, RuntimeText, StrategyPlan
from drivetrain.run.checks.model import OPEN, Gate
from drivetrain.run.model import Result
from tests.unit.run.engine_bench import Bench, job, plan, stage
from tests.unit.run.slow_reference import BAD, DECIDED, Reference, decided_by, full, worst

if TYPE_CHECKING:
    from drivetrain.plan.model import JobPlan, Plan

CONDITIONS = ["", "", "", "always()", "failed()", "succeededOrFailed()", "canceled()", "false", "nope("]
RARELY = [False, False, False, False, True]


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
        server=draw(st.sampled_from(RARELY)),
        left_out=draw(st.sampled_from(RARELY)),
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
    return {"legs": tuple(legs), "deployment": DeploymentPlan("runOnce")}


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
        left_out = draw(st.sampled_from(RARELY))
        stages.append(
            stage(f"S{index}", *jobs, depends_on=depends_on, condition=condition, manual=manual, left_out=left_out)
        )
    return plan(*stages)


@dataclass
class Play:
    """A run that is played: how its legs end and what its gates say, both drawn anew for each attempt."""

    bench: Bench
    plan: Plan
    data: st.DataObject
    run: int = 0
    outcome: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    """Stages whose gate has not said what it will say."""

    def __post_init__(self) -> None:
        self.servers = {f"{of.name}.{each.name}" for of in self.plan.stages for each in of.jobs if each.server}
        self.begin_attempt()
        self.run = self.bench.queue(self.plan)

    def begin_attempt(self) -> None:
        results = st.sampled_from(["Succeeded", "Succeeded", "Failed", "SucceededWithIssues"])
        self.outcome = {name: self.data.draw(results) for name in all_legs(self.plan)}
        names = [each.name for each in self.plan.stages]
        self.refused = set(self.data.draw(st.lists(st.sampled_from(names), unique=True, max_size=1)))
        self.waiting = set(self.data.draw(st.lists(st.sampled_from(names), unique=True)))
        for name in names:
            self.bench.gates.gates[name] = (
                Gate(reason="Waiting for Ada") if name in self.waiting else self.verdict(name)
            )

    def verdict(self, name: str) -> Gate:
        return Gate(result=Result.FAILED, reason="Ada rejected it") if name in self.refused else OPEN

    def step(self) -> None:
        """One random thing happens: a job ends (or its runner is killed), a gate says what it has to say, the engine
        is killed, the engine looks."""
        choices = ["end"] * 3 if self.bench.started() else []
        choices += ["gate"] * 2 if self.waiting else []
        choices += ["look", "kill the engine", "kill it before it starts what it wrote"] if choices else ["look"]
        match self.data.draw(st.sampled_from(choices)):  # the simplest choice is the one that leads on
            case "end":
                self.end()
                self.bench.look()
            case "gate":
                name = self.data.draw(st.sampled_from(sorted(self.waiting)))
                self.waiting.remove(name)
                self.bench.gates.gates[name] = self.verdict(name)
                self.bench.look()
            case "kill the engine":
                self.bench.restart()
            case "kill it before it starts what it wrote":
                self.bench.executor.comes_up = False
                self.bench.look()
                self.bench.executor.comes_up = True
                self.bench.restart()
            case _:
                self.bench.look()
        assert sum(not self.on_server(folder) for folder in self.bench.started()) <= self.bench.slots

    def end(self) -> None:
        folder = self.data.draw(st.sampled_from(self.bench.started()))
        name = folder.rpartition(".")[0]
        runner = next(runner for path, runner in self.bench.executor.runners.items() if path.name == folder)
        # A job of the server whose runner is lost begins again; any other one has failed.
        may_die = self.outcome[name] == "Failed" or self.on_server(folder)
        if may_die and self.data.draw(st.booleans()):
            runner.die()
        else:
            runner.complete(self.outcome[name])

    def on_server(self, folder: str) -> bool:
        return ".".join(folder.split(".")[:2]) in self.servers

    def finish(self) -> None:
        for _ in range(600):
            if self.bench.result(self.run) is not None:
                break
            self.step()
        assert self.bench.result(self.run) is not None, f"stuck: {self.found()}, living {self.bench.started()}"
        check_invariants(self.bench, self.run)

    def found(self) -> dict[str, str]:
        """The results of the newest attempts."""
        found = {str(record.ref): str(record.result) for record in self.bench.store.jobs(self.run)}
        return found | {record.name: str(record.result) for record in self.bench.store.stages(self.run)}

    def check(self, before: dict[str, str] | None = None) -> None:
        wanted = Reference(self.plan, self.outcome, self.refused, before or {}).work_out()
        assert self.found() == wanted
        whole = worst([wanted[each.name] for each in self.plan.stages])
        assert self.bench.result(self.run) == ("Succeeded" if whole == "Skipped" else whole)

    def again(self) -> bool:
        """Open the run again, if something has failed."""
        bad = any(record.result in BAD for record in self.bench.store.stages(self.run))
        if bad:
            self.begin_attempt()
            self.bench.reopen(self.run)
        return bad


def all_legs(pipeline: Plan) -> list[str]:
    """Every leg that may run."""
    return [
        full(f"{each.name}.{job_plan.name}", leg.name)
        for each in pipeline.stages
        for job_plan in each.jobs
        for leg in decided_by(job_plan) or ()
    ]


def check_invariants(bench: Bench, run: int) -> None:
    events = bench.store.events(run, limit=100_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    kinds = Counter(event.type for event in events)
    assert kinds["run.completed"] == kinds["run.reopened"] + 1
    for kind in ("job.started", "job.completed", "stage.started", "stage.completed"):
        keys = [tuple(sorted((k, str(v)) for k, v in event.data.items() if k in {"stage", "job", "leg", "attempt"}))
                for event in events if event.type == kind]  # fmt: skip
        assert len(keys) == len(set(keys)), f"{kind} happened twice"
    assert all(path.name.rpartition(".")[2].isdecimal() for path in bench.executor.runners)
    assert len({*bench.gates.left}) >= kinds["stage.started"], "the gate of a stage was not left"


COMMON = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@COMMON
@given(plans(), st.data())
def test_a_run_always_ends_as_the_reference_says_also_when_it_is_opened_again(
    pipeline: Plan, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as root:
        play = Play(Bench(Path(root), slots=data.draw(st.integers(1, 4))), pipeline, data)
        play.finish()
        play.check()
        for _ in range(2):
            before = play.found()
            if not play.again():
                break
            play.finish()
            play.check(before)
        play.bench.engine.close()


@COMMON
@given(plans(), st.data())
def test_a_run_that_is_canceled_at_any_moment_always_ends_and_can_be_opened_again(
    pipeline: Plan, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as root:
        play = Play(Bench(Path(root), slots=data.draw(st.integers(1, 4))), pipeline, data)
        bench = play.bench
        for _ in range(data.draw(st.integers(0, 6))):
            if bench.result(play.run) is None:
                play.step()
        if bench.result(play.run) is None:
            cancel(play)
        play.finish()
        assert all(record.result is not None for record in bench.store.jobs(play.run))
        before = play.found()
        if play.again():
            play.finish()
            play.check(before)
        bench.engine.close()


def cancel(play: Play) -> None:
    bench = play.bench
    ran = {str(record.ref) for record in bench.store.jobs(play.run) if str(record.state) == "running"}
    bench.store.request_cancel(play.run)
    if play.data.draw(st.booleans()):
        bench.restart()
    bench.look()
    canceled = {path.name.rpartition(".")[0] for path, runner in bench.executor.runners.items() if runner.canceled}
    assert canceled <= ran
