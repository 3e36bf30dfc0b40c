from __future__ import annotations

import base64
import fcntl
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from drivetrain.run.journal import read_journal

Make = Any


def lock_is_free(job: Any) -> bool:
    with (job.dir / "lock").open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_the_lock_is_held_while_the_runner_lives_and_not_by_its_programs(make_job: Make, until: Any) -> None:
    job = make_job("setsid sleep 1000 & touch started; until [ -e go ]; do sleep 0.01; done").start()
    until((job.dir / "work/s/started").exists, "the step")
    assert not lock_is_free(job)
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    assert lock_is_free(job)
    for pid in Path("/proc").glob("[0-9]*"):
        try:
            environment = (pid / "environ").read_bytes()
        except OSError:
            continue
        if f"DRIVETRAIN_JOB_DIR={job.dir}".encode() in environment.split(b"\0"):
            os.kill(int(pid.name), signal.SIGKILL)


def test_after_kill_9_the_journal_can_be_read(make_job: Make, until: Any) -> None:
    job = make_job("true", 'for i in {1..100000}; do echo "##vso[build.addbuildtag]$i"; done').start()
    until(lambda: len(read_journal(job.dir / "journal.jsonl")[0]) > 50, "the journal to grow")
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    entries, offset = read_journal(job.dir / "journal.jsonl")
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert 0 <= (job.dir / "journal.jsonl").stat().st_size - offset < 1000
    assert "job.completed" not in job.kinds()


def test_a_job_is_run_once(run_job: Make) -> None:
    job = run_job("echo x >> count")
    before = (job.dir / "journal.jsonl").read_bytes()
    job.start().wait()
    assert (job.dir / "journal.jsonl").read_bytes() == before
    assert (job.dir / "work/s/count").read_text() == "x\n"


def test_of_two_runners_at_once_one_runs_the_job(make_job: Make) -> None:
    job = make_job("echo x >> count")
    job.start()
    first = job.process
    others = [
        subprocess.Popen([sys.executable, "-m", "drivetrain.wire.runner", str(job.dir)], stdin=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [process.wait(60) for process in (first, *others)] == [0] * 5
    assert (job.dir / "work/s/count").read_text() == "x\n"
    assert job.kinds().count("job.started") == 1


def test_the_runner_ignores_sighup_and_its_programs_do_not(make_job: Make, until: Any) -> None:
    job = make_job("touch started; until [ -e go ]; do sleep 0.01; done; trap", "kill -HUP $$; echo never").start()
    until((job.dir / "work/s/started").exists, "the step")
    os.kill(job.process.pid, signal.SIGHUP)
    (job.dir / "work/s/go").touch()
    job.wait()
    assert job.results == ["Succeeded", "Failed"]
    assert "never" not in job.output(2)


def test_a_fault_of_our_own_ends_the_job_with_the_reason(make_job: Make) -> None:
    job = make_job("true")
    job.write_spec()
    (job.dir / "work").write_text("a file where a folder has to be")
    job.start().wait()
    completed = job.entries("job.completed")[0]
    assert completed["result"] == "Failed"
    assert "runner.log" in completed["reason"]
    assert "Traceback" in job.runner_log


@pytest.mark.parametrize(("text", "reason"), [("{}", "is not a job"), ('{"version": 99}', "is not a job")])
def test_a_job_file_that_is_none_ends_the_job(make_job: Make, text: str, reason: str) -> None:
    job = make_job("true")
    job.dir.mkdir(parents=True)
    (job.dir / "job.json").write_text(text)
    process = subprocess.run(
        [sys.executable, "-m", "drivetrain.wire.runner", str(job.dir)], stdin=subprocess.DEVNULL, check=False
    )
    assert process.returncode == 0
    assert reason in job.entries("job.completed")[0]["reason"]


def test_a_job_file_of_a_newer_version_is_refused(run_job: Make) -> None:
    job = run_job("true", version=99)
    assert job.result == "Failed"
    assert "newer Drivetrain (version 99" in job.entries("job.completed")[0]["reason"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_ends_the_job_with_that_reason(make_job: Make) -> None:
    job = make_job("true", "echo never")
    job.write_spec()
    (job.dir / "logs").mkdir()
    (job.dir / "logs/001.log").symlink_to("/dev/full")
    job.start().wait()
    assert job.result == "Failed"
    assert "No space left on device" in job.entries("job.completed")[0]["reason"]
    assert "never" not in job.kinds()


def test_a_disk_that_fills_up_while_a_program_writes_ends_the_program_too(make_job: Make) -> None:
    job = make_job("yes; echo never")
    job.write_spec()
    limit = 3_000_000
    command = ["prlimit", f"--fsize={limit}", sys.executable, "-m", "drivetrain.wire.runner", str(job.dir)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    assert process.wait(60) == 0
    assert job.result == "Failed"
    assert "cannot write" in job.entries("job.completed")[0]["reason"]
    assert len(job.raw_log(1)) == limit


SECRET = "pa\"ss w/&<ord'$1-ключ"


LEAK = """
printf '%s\\n' "$MAPPED" "$(printf %s "$MAPPED" | base64 -w0)" "$(printf 'u:%s' "$MAPPED" | base64 -w0)"
PYTHON - <<'END'
import json, os, sys, time, urllib.parse as u
s = os.environ['MAPPED']
print(u.quote(s, safe=''), u.quote_plus(s), json.dumps(s), json.dumps(s, ensure_ascii=False))
print('##vso[task.logissue type=error]' + s)
print('##vso[task.setprogress value=1]' + s)
print('##vso[build.addbuildtag]' + s)
print('##vso[task.setvariable variable=o;isOutput=true]' + s)
print('##vso[bad ' + s)
print('##vso[task.uploadsummary]/' + s)
for c in s: sys.stdout.write(c); sys.stdout.flush(); time.sleep(0.002)
END
exit 1
""".replace("PYTHON", sys.executable)


def test_a_secret_reaches_no_file_of_the_job_in_clear(run_job: Make, step: Make, task: Make) -> None:
    encodings = [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"u:" + SECRET.encode()).decode()[4:-4],
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
    ]
    job = run_job(
        step(LEAK, env={"MAPPED": "$(token)"}, display_name="Use $(token)"),
        step('echo "unmapped: [$TOKEN]"', condition="always()"),
        task("Bash@3", {"filePath": "/$(token)"}, condition="always()", display_name="$(token)"),
        secrets={"token": SECRET},
        secret_environment={"MLFLOW_TRACKING_TOKEN": "mlflow-token-123"},
    )
    assert job.output(2) == "unmapped: []\n"
    for path in job.dir.rglob("*"):
        if path.is_file() and "temp" not in path.parts and "python" not in path.parts:
            content = path.read_text("utf-8", "replace")
            leaked = [form for form in encodings if form in content or json.dumps(form)[1:-1] in content]
            assert not leaked, (path, leaked)
            assert "mlflow-token-123" not in content


def test_secret_environment_variables_reach_every_step_and_are_masked(run_job: Make) -> None:
    job = run_job(
        'echo "$MLFLOW_TRACKING_TOKEN ${#MLFLOW_TRACKING_TOKEN} $PLAIN"',
        secret_environment={"MLFLOW_TRACKING_TOKEN": "abcdefgh"},
        environment={"PLAIN": "seen"},
    )
    assert job.output() == "*** 8 seen\n"
