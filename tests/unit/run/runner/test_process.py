from __future__ import annotations

import re
from typing import Any

import pytest

Make = Any


def peak_memory_mb(job: Any) -> int:
    """The most that the runner itself held, as it said in its last step's environment."""
    return int(re.findall(r"VmHWM:\s*(\d+) kB", job.output(len(job.steps)))[0]) // 1024


ASK = "cat /proc/$PPID/status"


@pytest.mark.parametrize(
    ("what", "script", "size"),
    [
        ("lines", "yes 'a line of a hundred megabytes' | head -c 100000000", 100_000_000),
        ("no newline", "head -c 100000000 /dev/zero | tr '\\0' x", 100_000_000),
        ("binary", "head -c 50000000 /dev/urandom", 50_000_000),
    ],
)
def test_any_amount_of_output_takes_flat_memory(run_job: Make, what: str, script: str, size: int) -> None:
    job = run_job(script, ASK, secrets={"s": "a-secret-of-some-length", "t": "another one + more"})
    assert job.result == "Succeeded", what
    assert size <= len(job.raw_log(1)) <= size + 2000
    assert peak_memory_mb(job) < 80


def test_binary_output_is_kept_byte_by_byte(run_job: Make) -> None:
    job = run_job('for i in {0..255}; do printf "\\\\x$(printf %02x $i)"; done')
    assert bytes(range(256)) in job.raw_log(1)


def test_a_partial_line_is_shown_while_the_program_goes_on(make_job: Make, until: Any) -> None:
    job = make_job("printf 'Continue? [y] '; until [ -e go ]; do sleep 0.01; done; echo yes").start()
    until(lambda: (job.dir / "logs/001.log").exists() and "Continue? [y]" in job.log(1), "the prompt")
    (job.dir / "work/s/go").touch()
    job.wait()
    assert job.output(1) == "Continue? [y] yes\n"


def test_a_step_ends_with_its_program_even_if_a_daemon_holds_the_pipe(run_job: Make) -> None:
    job = run_job("echo before; sleep 1000 & disown; echo after")
    assert job.output(1).startswith("before\nafter\n")


def test_an_endless_writer_does_not_hold_up_the_end_of_its_step(run_job: Make) -> None:
    job = run_job("yes & echo started")
    assert job.results == ["Succeeded"]
    assert len(job.raw_log(1)) > 1000


def test_there_is_no_input(run_job: Make) -> None:
    assert run_job("read x || echo end of input").output() == "end of input\n"


def test_standard_error_is_in_the_log_in_order(run_job: Make) -> None:
    assert run_job("echo a; echo b >&2; echo c").output() == "a\nb\nc\n"


def test_a_program_ended_by_a_signal_counts_as_the_shell_counts(run_job: Make) -> None:
    job = run_job("kill -SEGV $$")
    assert job.entries("step.completed")[0]["exit_code"] == 128 + 11


def test_an_environment_that_is_too_large_is_explained(run_job: Make) -> None:
    job = run_job("true", variables={"Big.Data": "x" * 3_000_000, "small": "y"})
    assert job.results == ["Failed"]
    assert "environment are too large" in job.issues("error")[0]
    assert "BIG_DATA with 3000000 characters" in job.issues("error")[0]


def test_zombies_do_not_pile_up(make_job: Make, until: Any) -> None:
    job = make_job("for i in {1..20}; do (setsid true &) ; done; until [ -e go ]; do sleep 0.05; done").start()
    pid = job.process.pid

    def zombies() -> int:
        with open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
            children = file.read().split()
        count = 0
        for child in children:
            try:
                with open(f"/proc/{child}/stat") as file:  # noqa: PTH123
                    count += ") Z" in file.read()
            except FileNotFoundError:
                continue
        return count

    until(lambda: (job.dir / "logs/001.log").exists() and "[command]" in job.log(1), "the step")
    until(lambda: zombies() == 0, "the adopted processes to be let go")
    (job.dir / "work/s/go").touch()
    job.wait()
    assert job.result == "Succeeded"
