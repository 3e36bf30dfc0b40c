from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Make = Any


def test_steps_run_in_order_and_the_journal_tells_it(run_job: Make) -> None:
    job = run_job("echo one", "echo two")
    assert job.kinds() == [
        "job.started",
        "step.started",
        "step.completed",
        "step.started",
        "step.completed",
        "job.completed",
    ]
    assert job.entries("step.started")[1] == {
        "step": 2,
        "name": "step2",
        "display_name": "CmdLine",
        "task": "CmdLine@2",
        "tries": 1,
    }
    assert job.entries("step.completed")[0] == {
        "step": 1,
        "result": "Succeeded",
        "outcome": "Succeeded",
        "exit_code": 0,
        "reason": "",
    }
    assert job.entries("job.completed") == [{"result": "Succeeded", "reason": ""}]
    assert [job.output(1), job.output(2)] == ["one\n", "two\n"]


def test_a_failed_step_fails_the_job_and_later_steps_are_skipped(run_job: Make, step: Make) -> None:
    job = run_job(
        "exit 3",
        "echo never",
        step("echo always", condition="always()"),
        step("echo on failure", condition="failed()"),
        step("echo both", condition="succeededOrFailed()"),
        step("echo canceled", condition="canceled()"),
    )
    assert job.results == ["Failed", "Skipped", "Succeeded", "Succeeded", "Succeeded", "Skipped"]
    assert job.result == "Failed"
    assert job.entries("step.completed")[0]["exit_code"] == 3
    assert job.entries("step.completed")[0]["reason"] == "Bash exited with code '3'."
    assert job.issues("error") == ["Bash exited with code '3'."]
    assert "##[error]Bash exited with code '3'." in job.log(1)
    assert "Evaluating: succeeded()" in job.log(2)
    assert "never" not in job.log(2)
    assert job.entries("step.completed")[1]["name"] == "step2"


def test_continue_on_error_keeps_the_outcome(run_job: Make, step: Make) -> None:
    job = run_job(step("exit 1", continue_on_error="$(yes)"), "echo goes on", variables={"yes": "True"})
    assert job.results == ["SucceededWithIssues", "Succeeded"]
    assert job.entries("step.completed")[0]["outcome"] == "Failed"
    assert job.result == "SucceededWithIssues"


def test_a_disabled_step_is_skipped(run_job: Make, step: Make) -> None:
    job = run_job(step("exit 1", enabled=False), "true")
    assert job.results == ["Skipped", "Succeeded"]
    assert job.result == "Succeeded"


def test_conditions_read_variables_as_they_are_then(run_job: Make, step: Make) -> None:
    job = run_job(
        "echo '##vso[task.setvariable variable=Mode]fast'",
        step("echo ran", condition="and(succeeded(), eq(variables['mode'], 'FAST'))"),
        step("echo no", condition="eq(variables.mode, 'slow')"),
    )
    assert job.results == ["Succeeded", "Succeeded", "Skipped"]
    assert "Result: False" in job.log(3)


def test_a_wrong_condition_fails_its_step(run_job: Make, step: Make) -> None:
    job = run_job(step("echo never", condition="eq(1"), step("echo never", condition="nope()"))
    assert job.results == ["Failed", "Failed"]
    assert "The condition cannot be evaluated" in job.issues("error")[0]
    assert "never" not in job.log(1)


def test_a_failing_step_is_tried_again(run_job: Make, step: Make) -> None:
    job = run_job(
        step('echo x >> "$AGENT_TEMPDIRECTORY/n"; [ $(wc -l < "$AGENT_TEMPDIRECTORY/n") = 2 ]', retry_count="3")
    )
    assert job.results == ["Succeeded"]
    assert [entry["tries"] for entry in job.entries("step.started")] == [1, 2]
    assert "retry 1 of 3" in job.log(1)


@pytest.mark.slow
def test_a_step_over_its_time_is_ended_and_fails(run_job: Make, step: Make, alive: Any) -> None:
    job = run_job(
        step('trap "" INT TERM; echo $$ > pid; setsid sleep 1000 & sleep 1000; sleep 1000', timeout_minutes="0.005"),
        step("echo after", condition="failed()"),
    )
    assert job.results == ["Failed", "Succeeded"]
    assert job.entries("step.completed")[0]["reason"] == "The task has timed out."
    assert not alive(int((job.dir / "work/s/pid").read_text()))


def processes_of(job_dir: Path) -> list[int]:
    mark = f"DRIVETRAIN_JOB_DIR={job_dir}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_bytes().rpartition(b")")[2].split()[0]
            if state != b"Z" and mark in (path / "environ").read_bytes().split(b"\0"):
                found.append(int(path.name))
        except OSError:
            continue
    return found


DAEMON = """
import os, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open("daemon", "w").write(str(os.getpid()))
time.sleep(1000)
"""


def test_ending_a_step_ends_its_daemons_but_not_those_of_earlier_steps(make_job: Make, step: Make, until: Any) -> None:
    job = make_job(
        "setsid sleep 1000 > /dev/null 2>&1 < /dev/null & echo $! > early",
        f"{sys.executable} -c '{DAEMON}' > /dev/null 2>&1; until [ -s daemon ]; do :; done; touch started1; sleep 1000",
        step(
            "kill -0 $(cat early) && echo early lives; kill -0 $(cat daemon) 2> /dev/null || echo daemon is gone",
            condition="always()",
        ),
    ).start()
    until(started(job, 1), "the daemon")
    cancel(job)
    job.wait()
    assert job.output(3) == "early lives\ndaemon is gone\n"
    assert processes_of(job.dir) == []


def test_what_steps_left_running_is_ended_with_the_job(run_job: Make) -> None:
    job = run_job(f"{sys.executable} -c '{DAEMON}'; env -i sleep 1000 & until [ -s daemon ]; do :; done")
    assert job.result == "Succeeded"
    assert processes_of(job.dir) == []
    assert "Terminate orphan process" in job.runner_log


def test_a_background_process_goes_on_into_later_steps(run_job: Make) -> None:
    job = run_job(
        "(while :; do echo noise; done) & echo $! > pid",
        "kill -0 $(cat pid) && echo alive",
        "kill -0 $(cat pid) && echo still alive",
    )
    assert job.output(2) == "alive\n"
    assert job.output(3) == "still alive\n"
    assert "A background process still holds this step's output" in job.log(1)


def cancel(job: Any, reason: str = "canceled by Ann") -> None:
    (job.dir / "cancel").write_text(reason)


def started(job: Any, index: int) -> Callable[[], bool]:
    marker: Path = job.dir / f"work/s/started{index}"
    return marker.exists


WAIT = ": > started1; sleep 1000"  # A builtin: bash forgives a SIGINT that a child survives.


@pytest.mark.parametrize("how", ["file", "file and signal", "signal"])
def test_canceling_ends_the_step_and_runs_what_always_runs(make_job: Make, step: Make, until: Any, how: str) -> None:
    job = make_job(
        WAIT,
        "echo never",
        step("echo cleaned up; echo status $(Agent.JobStatus)", condition="always()"),
        step("echo seen", condition="canceled()"),
    ).start()
    until(started(job, 1), "the step")
    if "file" in how:
        cancel(job)
    if "signal" in how:
        os.kill(job.process.pid, signal.SIGTERM)
    job.wait()
    assert job.results == ["Canceled", "Skipped", "Succeeded", "Succeeded"]
    assert job.result == "Canceled"
    assert job.output(3) == "cleaned up\nstatus Canceled\n"
    expected = "canceled by Ann" if "file" in how else "The runner was told to end (SIGTERM)."
    assert job.entries("job.canceling") == [{"reason": expected}]
    assert job.entries("job.completed") == [{"result": "Canceled", "reason": expected}]
    assert "The operation was canceled." in job.log(1)


def test_canceling_lets_a_running_step_finish_that_always_runs(make_job: Make, step: Make, until: Any) -> None:
    job = make_job(
        step("touch started1; until [ -e go ]; do sleep 0.01; done; echo finished", condition="always()")
    ).start()
    until(started(job, 1), "the step")
    cancel(job)
    until(lambda: job.entries("job.canceling"), "the cancellation")
    (job.dir / "work/s/go").touch()
    job.wait()
    assert job.results == ["Succeeded"]
    assert job.result == "Canceled"
    assert job.output(1) == "finished\n"


def test_when_the_time_to_cancel_is_over_nothing_goes_on(make_job: Make, step: Make, until: Any) -> None:
    job = make_job(
        step('trap "" INT TERM; touch started1; while :; do sleep 1; done', condition="always()"),
        step("echo never", condition="always()"),
        cancel_timeout_minutes="0.005",
    ).start()
    until(started(job, 1), "the step")
    cancel(job)
    job.wait()
    assert job.results == ["Canceled", "Skipped"]
    assert job.entries("step.completed")[1]["reason"] == "The job was canceled, and the time to do so was over."
    assert processes_of(job.dir) == []


def test_a_job_over_its_time_is_canceled(run_job: Make, step: Make) -> None:
    job = run_job("sleep 1000", step("echo always", condition="always()"), timeout_minutes="0.01")
    assert job.results == ["Canceled", "Succeeded"]
    assert job.result == "Canceled"
    assert "ran longer than the maximum time of 0.01 minutes" in job.entries("job.completed")[0]["reason"]


def test_a_program_that_heeds_sigint_is_ended_at_once(make_job: Make, until: Any) -> None:
    job = make_job("trap 'echo got it; exit 9' INT; touch started1; while :; do sleep 0.01; done").start()
    until(started(job, 1), "the step")
    cancel(job)
    job.wait()
    assert "got it" in job.output(1)
    assert job.entries("step.completed")[0]["exit_code"] == 9


@pytest.mark.parametrize("field", ["timeout_minutes", "retry_count"])
def test_a_limit_that_is_no_number_fails_the_step(run_job: Make, step: Make, field: str) -> None:
    job = run_job(step("echo never", position="a.yml:3:5", **{field: "soon"}))
    assert job.results == ["Failed"]
    assert "a.yml:3:5" in job.issues("error")[0]
    assert "'soon', which is not a number" in job.issues("error")[0]


def test_the_work_folder_is_kept_as_asked(run_job: Make) -> None:
    for keep, script, kept in (
        ("always", "true", True),
        ("never", "false", False),
        ("failed", "false", True),
        ("failed", "true", False),
    ):
        job = run_job(script, keep_work=keep)
        assert (job.dir / "work").exists() is kept
        assert not (job.dir / "temp").exists()
        assert (job.dir / "logs/001.log").exists()


def test_the_display_name_has_its_macros_expanded(run_job: Make, step: Make) -> None:
    job = run_job(step("true", display_name="Train $(model)"), variables={"model": "gbm"})
    assert job.entries("step.started")[0]["display_name"] == "Train gbm"
    assert "##[section]Starting: Train gbm\n" in job.log(1)


def test_macros_in_inputs_may_name_the_environment_of_the_machine(
    run_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "from outside $(x)")
    monkeypatch.setenv("x", "from the environment")
    job = run_job("echo '$(OF_THE_MACHINE) $(x) $(of_the_machine)' $(echo run)", variables={"x": "from the file"})
    assert job.output(1) == "from outside $(x) from the file $(of_the_machine) run\n"
