"""What the engine does with a run, played by a fake executor on a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from drivetrain.errors import ConflictError
from drivetrain.plan.model import Plan, VariablePlan
from drivetrain.run.events import RunEvent
from drivetrain.run.model import JobRef, JobSpec, State
from drivetrain.run.ports import Changes
from tests.unit.run.engine_bench import job, legs, one_stage, plan, stage, succeed

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.executors.fake import FakeExecutor
    from tests.unit.run.engine_bench import Bench


def spec(bench: Bench, name: str) -> JobSpec:
    return msgspec.json.decode((bench.runner(name).job_dir / "job.json").read_bytes(), type=JobSpec)


def value(job_spec: JobSpec, name: str) -> str:
    return next(variable.value for variable in reversed(job_spec.variables) if variable.name.lower() == name.lower())


def test_jobs_of_a_stage_run_together_and_stages_one_after_the_other(bench: Bench) -> None:
    run = bench.queue(plan(stage("S", job("A"), job("B")), stage("T", job("C"), depends_on=["S"])))
    assert bench.started() == ["S.A.1", "S.B.1"]
    bench.finish("A")
    assert bench.started() == ["S.B.1"]
    bench.finish("B")
    assert bench.started() == ["T.C.1"]
    bench.finish("C")
    assert bench.result(run) == "Succeeded"
    assert bench.results(run) == {
        "S": "Succeeded",
        "T": "Succeeded",
        "A": "Succeeded",
        "B": "Succeeded",
        "C": "Succeeded",
    }


def test_events_are_numbered_without_gaps_and_tell_the_whole_story(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    bench.finish("A")
    events = bench.store.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events] == [
        "run.queued", "run.started", "stage.started", "job.queued", "job.started", "job.completed", "stage.completed",
        "run.completed",
    ]  # fmt: skip
    assert events[5].data == {"result": "Succeeded", "reason": "", "stage": "S", "job": "A", "leg": "", "attempt": 1}


def test_a_job_after_a_failed_one_is_skipped_with_all_that_follow_it(bench: Bench) -> None:
    run = bench.queue(plan(stage("S", job("A"), job("B", "A"), job("C", "B")), stage("T", job("D"), depends_on=["S"])))
    bench.finish("A", "Failed")
    assert bench.results(run) == {
        "S": "Failed",
        "T": "Skipped",
        "A": "Failed",
        "B": "Skipped",
        "C": "Skipped",
        "D": "Skipped",
    }
    assert bench.result(run) == "Failed"
    assert bench.record(run, "B").reason == "A dependency failed or was skipped"


def test_no_more_jobs_run_at_once_than_there_are_slots(bench: Bench) -> None:
    bench.engine.close()
    bench.slots = 2
    bench.engine = bench.new_engine()
    first = bench.queue(one_stage(job("A"), job("B"), job("C")))
    second = bench.queue(one_stage(job("X")))
    assert bench.started() == ["S.A.1", "S.B.1"]
    assert bench.record(first, "C").reason == "Waiting for a free slot"
    bench.finish("A")
    assert bench.started() == ["S.B.1", "S.C.1"]
    bench.finish("B")
    bench.finish("C")
    bench.finish("X")
    assert [bench.result(first), bench.result(second)] == ["Succeeded", "Succeeded"]


def test_a_matrix_runs_no_more_legs_at_once_than_max_parallel(bench: Bench) -> None:
    run = bench.queue(one_stage(job("M", legs=legs("a", "b", "c"), max_parallel=2)))
    assert bench.started() == ["S.M.a.1", "S.M.b.1"]
    bench.finish("M.a", "Failed")
    assert bench.started() == ["S.M.b.1", "S.M.c.1"]
    assert value(spec(bench, "M.c"), "which") == "c"
    assert value(spec(bench, "M.c"), "System.JobPositionInPhase") == "3"
    bench.finish("M.b")
    bench.finish("M.c")
    assert bench.result(run) == "Failed"


def test_continue_on_error_makes_a_failed_job_succeed_with_issues(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A", continue_on_error="true"), job("B", "A")))
    bench.finish("A", "Failed")
    bench.finish("B")
    assert bench.results(run) == {"S": "SucceededWithIssues", "A": "SucceededWithIssues", "B": "Succeeded"}
    assert bench.result(run) == "SucceededWithIssues"


def test_continue_on_error_may_be_an_expression(bench: Bench) -> None:
    allowed = job("A", continue_on_error="$[ eq(variables['soft'], 'yes') ]", variables=(VariablePlan("soft", "yes"),))
    run = bench.queue(one_stage(allowed))
    bench.finish("A", "Failed")
    assert bench.results(run)["A"] == "SucceededWithIssues"


def test_outputs_reach_later_jobs_and_stages(bench: Bench) -> None:
    reads = (
        VariablePlan("near", "dependencies.A.outputs['say.x']", runtime=True),
        VariablePlan("leg", "dependencies.M.outputs['two.say.x']", runtime=True),
    )
    far = (VariablePlan("far", "stageDependencies.S.A.outputs['say.x']", runtime=True),)
    bench.queue(
        plan(
            stage("S", job("A"), job("M", legs=legs("one", "two")), job("B", "A", "M", variables=reads)),
            stage(
                "T", job("C", variables=far), depends_on=["S"], condition="eq(dependencies.S.outputs['A.say.x'], 'A!')"
            ),
        )
    )
    for name in ("A", "M.one", "M.two"):
        runner = bench.runner(name)
        runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say", "task": "Bash@3", "tries": 1})
        runner.write("variable.set", {"step": 1, "name": "x", "value": f"{name}!", "output": True, "secret": False})
        runner.write("step.completed", {"step": 1, "result": "Succeeded", "outcome": "Succeeded", "exit_code": 0})
        bench.finish(name)
    assert value(spec(bench, "B"), "near") == "A!"
    assert value(spec(bench, "B"), "leg") == "M.two!"
    bench.finish("B")
    assert value(spec(bench, "C"), "far") == "A!"


def test_a_secret_output_reaches_the_next_job_only_through_its_standard_input(bench: Bench) -> None:
    reads = (VariablePlan("theirs", "format('<{0}>', dependencies.A.outputs['say.x'])", runtime=True),)
    run = bench.queue(one_stage(job("A"), job("B", "A", variables=reads)))
    sealed = bench.vault.seal("hunter2")
    runner = bench.runner("A")
    runner.write("step.started", {"step": 1, "name": "say", "display_name": "Say", "task": "Bash@3"})
    runner.write("variable.set", {"step": 1, "name": "x", "value": sealed, "output": True, "secret": True})
    runner.write("step.completed", {"step": 1, "result": "Succeeded", "outcome": "Succeeded"})
    bench.finish("A")
    started = bench.runner("B")
    assert started.secrets.variables["theirs"] == "<hunter2>"
    assert started.secrets.masks == ("hunter2",)
    assert "hunter2" not in (started.job_dir / "job.json").read_text()
    assert bench.record(run, "A").secret_outputs == ("say.x",)
    for file in bench.root.glob("drivetrain.db*"):
        assert b"hunter2" not in file.read_bytes()


def test_a_job_gets_a_token_of_its_own_that_ends_with_it(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    token = bench.runner("A").secrets.variables["System.AccessToken"]
    assert bench.tokens.lookup(token) == (run, JobRef("S", "A"), 1)
    bench.finish("A")
    assert bench.tokens.lookup(token) is None


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"condition": "eq(1)"}, "Its condition cannot be evaluated"),
        ({"condition": "gt(1, 'x')"}, "Unable to convert from String to Number. Value: 'x'"),
        ({"variables": (VariablePlan("x", "wrong(", runtime=True),)}, "variable 'x': "),
    ],
)
def test_a_wrong_expression_fails_the_job_with_the_message(
    bench: Bench, place: dict[str, object], message: str
) -> None:
    run = bench.queue(one_stage(job("A", **place), job("Other")))
    assert bench.results(run)["A"] == "Failed"
    assert message in bench.record(run, "A").reason
    assert [message in issue.message for issue in bench.timeline(run).issues] == [True]
    bench.finish("Other")
    assert bench.result(run) == "Failed"


def test_a_wrong_condition_of_a_stage_fails_the_stage(bench: Bench) -> None:
    run = bench.queue(plan(stage("S", job("A"), condition="nope(")))
    assert bench.results(run) == {"S": "Failed", "A": "Skipped"}
    assert "Stage S: Its condition cannot be evaluated" in bench.timeline(run).issues[0].message


def test_variables_of_outer_scopes_are_seen_and_inner_ones_win(bench: Bench) -> None:
    variables = (VariablePlan("a", "job"),)
    pipeline = Plan(
        "pipeline", "f", "", (stage("S", job("A", variables=variables), variables=(VariablePlan("b", "stage"),)),),
        (VariablePlan("a", "root"), VariablePlan("b", "root"), VariablePlan("c", "root"), VariablePlan("d", "root")),
    )  # fmt: skip
    bench.queue(pipeline, D="queued", E="queued")
    found = {name: value(spec(bench, "A"), name) for name in "abcde"}
    assert found == {"a": "job", "b": "stage", "c": "root", "d": "root", "e": "queued"}


def test_a_counter_goes_up_by_run_and_stays_within_one(bench: Bench) -> None:
    counted = (VariablePlan("n", "counter('1.2', 100)", runtime=True),)
    pipeline = Plan("pipeline", "f", "", (stage("S", job("A"), job("B")),), counted)
    seen = []
    for _ in range(2):
        bench.queue(pipeline)
        seen.append([value(spec(bench, name), "n") for name in ("A", "B")])
        bench.finish("A")
        bench.finish("B")
    assert seen == [["100", "100"], ["101", "101"]]


# Restarts and other drivers.


def test_what_happened_while_no_engine_ran_is_taken_in_afterwards(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), job("B", "A")))
    bench.engine.close()
    bench.runner("A").complete()
    bench.engine = bench.new_engine()
    bench.engine.round()
    assert bench.started() == ["S.B.1"]
    bench.finish("B")
    assert bench.result(run) == "Succeeded"


def test_a_job_that_was_marked_running_but_never_started_is_started_at_take_over(bench: Bench) -> None:
    bench.executor.comes_up = False
    run = bench.queue(one_stage(job("A")))  # the server dies between the transaction and the start
    assert bench.record(run, "A").state is State.RUNNING
    bench.executor.comes_up = True
    bench.restart()
    assert bench.started() == ["S.A.1"]
    bench.finish("A")
    assert bench.result(run) == "Succeeded"


def test_a_run_is_driven_by_one_engine_only(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    other = bench.new_engine()
    other.round()
    assert bench.executor.starts == [bench.runner("A").job_dir]
    bench.runner("A").complete()
    other.round()
    assert bench.result(run) is None
    bench.look()
    assert bench.result(run) == "Succeeded"
    other.close()


def test_a_driver_that_was_overtaken_reads_again_how_the_run_stands(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    bench.store.record(run, [RunEvent(bench.store.last_seq(run) + 1, "t", "stolen", {})], Changes())
    bench.finish("A")
    bench.look()
    assert bench.result(run) == "Succeeded"
    events = bench.store.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_a_second_writer_of_events_is_refused(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    with pytest.raises(ConflictError, match="somebody else drives this run"):
        bench.store.record(run, [RunEvent(1, "t", "late", {})], Changes())


def test_a_run_without_a_plan_fails(bench: Bench) -> None:
    run = bench.queue(None)
    assert bench.result(run) == "Failed"
    assert bench.timeline(run).issues[0].message == "Its pipeline file could not be read"


def test_a_plan_with_a_circle_fails_the_run_and_does_not_hang_it(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A", "B"), job("B", "A")))
    assert bench.result(run) == "Failed"
    assert "in a circle" in bench.timeline(run).issues[0].message


def test_drive_runs_one_run_to_its_end_and_tells_every_event_once(bench: Bench) -> None:
    bench.executor.script = succeed
    created = bench.create(plan(stage("S", job("A"), job("B", "A")), stage("T", job("C"), depends_on=["S"])))
    told: list[RunEvent] = []
    run = bench.engine.drive(created.id, told.extend)
    assert str(run.result) == "Succeeded"
    assert told == list(bench.store.events(created.id))


def test_drive_follows_a_run_that_somebody_else_drives(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    other = bench.new_engine()
    told: list[RunEvent] = []

    def observe(events: object) -> None:
        told.extend(events)  # type: ignore[arg-type]
        if bench.runner("A").alive:
            bench.finish("A")

    assert str(other.drive(run, observe).result) == "Succeeded"
    assert told == list(bench.store.events(run))
    other.close()


def test_the_number_and_tags_that_a_job_sets_are_the_runs(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A"), job("B", "A")))
    bench.runner("A").write("run.number", {"number": "v7"})
    bench.runner("A").write("run.tag", {"tag": "good"})
    bench.runner("A").write("run.tag", {"tag": "fast"})
    bench.finish("A")
    assert (bench.store.get(run).number, bench.store.get(run).tags) == ("v7", ("good", "fast"))
    assert value(spec(bench, "B"), "Build.BuildNumber") == "v7"


def test_a_run_that_we_cannot_drive_is_given_up_and_does_not_stop_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivetrain.run.engine.RETRY_SECONDS", 0.0)
    bad, good = bench.queue(one_stage(job("A"))), bench.queue(one_stage(job("B")))
    broken, alive = bench.runner("A").job_dir, type(bench.executor).alive

    def fail(executor: FakeExecutor, job_dir: Path) -> bool:
        if job_dir == broken:
            raise RuntimeError("a bug of ours")
        return alive(executor, job_dir)

    monkeypatch.setattr(type(bench.executor), "alive", fail)
    for _ in range(8):
        bench.look()
    bench.finish("B")
    assert [bench.result(bad), bench.result(good)] == ["Failed", "Succeeded"]
    assert "an error of its own" in bench.timeline(bad).issues[0].message


def test_a_row_that_cannot_be_read_fails_the_run(bench: Bench) -> None:
    run = bench.queue(one_stage(job("A")))
    bench.engine.close()
    bench.store.connections.get().execute("UPDATE jobs SET data = '{}'")
    bench.engine = bench.new_engine()
    bench.engine.round()
    assert bench.result(run) == "Failed"
    (issue,) = [event for event in bench.store.events(run) if event.type == "issue"]
    assert "the database holds a JobRecord that cannot be read" in str(issue.data["message"])
    assert bench.runner("A").canceled
