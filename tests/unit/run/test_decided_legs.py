"""Jobs whose legs are decided when they are ready: once, in the transaction that queues them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from drivetrain.plan.model import JobPlan, LegPlan, RuntimeText, StrategyPlan, VariablePlan
from drivetrain.run.model import JobSpec
from tests.unit.run.engine_bench import STEP, job, legs, one_stage

if TYPE_CHECKING:
    from tests.unit.run.engine_bench import Bench

CHOSEN = "{'one': {'which': '1'}, 'two': {'which': '2'}, 'three': {'which': '3'}}"
MATRIX = RuntimeText("$[ dependencies.A.outputs['say.x'] ]", "azure-pipelines.yml:7:13")


def chooser() -> JobPlan:
    return job("M", "A", strategy=StrategyPlan(matrix=MATRIX))


def choose(bench: Bench, text: str, *, secret: bool = False) -> None:
    runner = bench.runner("A")
    runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say", "task": "Bash@3"})
    runner.write("variable.set", {"step": 1, "name": "x", "value": text, "output": True, "secret": secret})
    runner.write("step.completed", {"step": 1, "result": "Succeeded", "outcome": "Succeeded"})
    bench.finish("A")


def value(bench: Bench, name: str, variable: str) -> str:
    spec = msgspec.json.decode((bench.runner(name).job_dir / "job.json").read_bytes(), type=JobSpec)
    return next(each.value for each in spec.variables if each.name == variable)


def test_legs_take_the_place_of_the_row_that_stood_for_them(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), chooser(), job("Z")))
    assert [str(record.ref) for record in bench.store.jobs(run)] == ["S.A", "S.M", "S.Z"]
    choose(bench, CHOSEN)
    assert [str(record.ref) for record in bench.store.jobs(run)] == ["S.A", "S.M.one", "S.M.two", "S.M.three", "S.Z"]
    assert value(bench, "M.two", "which") == "2"
    assert value(bench, "M.two", "System.JobPositionInPhase") == "2"
    assert value(bench, "M.two", "System.TotalJobsInPhase") == "3"
    assert bench.record(run, "M.two").display_name == "M two"
    assert sorted(bench.started()) == ["S.M.one.1", "S.M.three.1", "S.M.two.1", "S.Z.1"]


def test_a_job_that_needs_no_other_has_its_legs_from_the_first_round(bench: Bench) -> None:
    strategy = StrategyPlan(matrix=RuntimeText("$[ variables.legs ]"))
    variables = (VariablePlan("legs", '{"a": {}, "b": {}}'),)
    run = bench.queue(one_stage(job("M", strategy=strategy, variables=variables), job("Z")))
    assert [str(record.ref) for record in bench.store.jobs(run)] == ["S.M.a", "S.M.b", "S.Z"]


def test_what_was_decided_outlives_the_engine_also_when_it_would_come_out_differently(bench: Bench) -> None:
    strategy = StrategyPlan(
        matrix=RuntimeText("$[ format('{{''{0}'': {{}}, ''b'': {{}}}}', variables['Build.BuildNumber']) ]"),
        max_parallel=RuntimeText("1"),
    )
    run = bench.queue(
        one_stage(job("M", strategy=strategy, steps=(STEP.__class__("s", "S", "Bash@3", retry_count="1"),)))
    )
    assert bench.started() == ["S.M.20260102.1.1"]
    bench.runner("M.20260102.1").write("run.number", {"number": "other"})
    bench.runner("M.20260102.1").write("step.started", {"step": 1, "name": "s", "display_name": "S", "tries": 1})
    bench.restart()
    bench.runner("M.20260102.1").die()
    bench.look()
    bench.restart()
    assert bench.started() == ["S.M.b.1"]  # one at a time, and the lost one comes again after it
    bench.finish("M.b")
    bench.restart()
    assert bench.started() == ["S.M.20260102.1.2"]
    bench.finish("M.20260102.1")
    assert bench.result(run) == "Succeeded"


def test_an_engine_that_is_killed_before_it_starts_what_it_decided_starts_the_same(bench: Bench) -> None:
    bench.queue(one_stage(job("A"), chooser()))
    runner = bench.runner("A")
    bench.executor.comes_up = False
    choose(bench, CHOSEN)
    assert not runner.alive
    bench.executor.comes_up = True
    bench.restart()
    assert sorted(bench.started()) == ["S.M.one.1", "S.M.three.1", "S.M.two.1"]
    assert value(bench, "M.three", "which") == "3"


def test_a_matrix_that_is_wrong_fails_its_job_where_it_stands(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), chooser(), job("After", "M"), job("Told", "M", condition="failed()")))
    choose(bench, "nonsense")
    bench.finish("Told")
    assert bench.results(run) == {
        "S": "Failed",
        "A": "Succeeded",
        "M": "Failed",
        "After": "Skipped",
        "Told": "Succeeded",
    }
    (issue,) = bench.timeline(run).issues
    assert (issue.file, issue.line, issue.column) == ("azure-pipelines.yml", 7, 13)
    assert "the matrix comes to 'nonsense', which is not JSON" in issue.message


def test_a_matrix_made_of_a_secret_is_refused_and_does_not_tell_it(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), chooser()))
    choose(bench, bench.vault.seal("{'a': {'x': 'hunter2'}}"), secret=True)
    assert "holds a secret" in bench.record(run, "M").reason
    assert bench.result(run) == "Failed"
    for file in bench.root.glob("drivetrain.db*"):
        assert b"hunter2" not in file.read_bytes()


def test_a_job_that_does_not_run_decides_nothing(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), chooser()))
    bench.finish("A", "Failed")
    assert bench.results(run) == {"S": "Failed", "A": "Failed", "M": "Skipped"}


def test_a_limit_is_decided_with_the_legs_that_the_file_names(bench: Bench) -> None:
    strategy = StrategyPlan(max_parallel=RuntimeText("$(n)"))
    variables = (VariablePlan("n", "2"),)
    run = bench.queue(one_stage(job("M", legs=legs("a", "b", "c"), strategy=strategy, variables=variables)))
    assert bench.started() == ["S.M.a.1", "S.M.b.1"]
    bench.restart()
    bench.finish("M.a")
    assert bench.started() == ["S.M.b.1", "S.M.c.1"]
    assert value(bench, "M.c", "which") == "c"
    bench.finish("M.b")
    bench.finish("M.c")
    assert bench.result(run) == "Succeeded"


def test_outputs_of_decided_legs_are_named_by_them(bench: Bench) -> None:
    reads = (VariablePlan("found", "dependencies.M.outputs['two.say.x']", runtime=True),)
    bench.queue(one_stage(job("A"), chooser(), job("Use", "M", variables=reads)))
    choose(bench, CHOSEN)
    for leg in ("one", "two", "three"):
        runner = bench.runner(f"M.{leg}")
        runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say"})
        runner.write("variable.set", {"step": 1, "name": "x", "value": leg, "output": True})
        runner.write("step.completed", {"step": 1, "result": "Succeeded"})
        bench.finish(f"M.{leg}")
    assert value(bench, "Use", "found") == "two"


def test_the_row_that_stands_for_legs_is_not_mistaken_for_one(bench: Bench) -> None:
    assert job("M", strategy=StrategyPlan(matrix=MATRIX)).legs == (LegPlan(),)
    run = bench.queue(one_stage(job("A"), chooser()))
    bench.store.request_cancel(run)
    bench.look()
    bench.look()
    assert bench.results(run) == {"S": "Canceled", "A": "Canceled", "M": "Canceled"}
