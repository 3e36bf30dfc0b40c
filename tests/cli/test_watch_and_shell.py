"""`run --watch`, `run --shell` and `shell`, as a person at a terminal has them."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from typing import TYPE_CHECKING

from tests.cli.conftest import DRIVETRAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Workplace

FAILING = (
    "variables: {colour: blue}\nsteps:\n"
    "- bash: mkdir deep && echo made > deep/file && echo '##vso[task.prependpath]/opt/x'\n"
    "- bash: 'echo \"##vso[task.setvariable variable=pin;issecret=true]k3y-of-all\"'\n"
    "- bash: exit 3\n  displayName: Break\n  workingDirectory: deep\n  env: {PIN: $(pin), SHOWN: $(colour)}\n"
)
LOOK = 'pwd; cat file; echo "$COLOUR $SHOWN ${PIN-no pin}"; case $PATH in /opt/x:*) echo found;; esac\n'


def shell(workplace: Workplace, *words: str, code: int) -> str:
    done = subprocess.run(
        [DRIVETRAIN, *words],
        cwd=workplace.repo,
        env={**workplace.env, "SHELL": "/bin/sh"},
        input=LOOK,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_shell_stands_where_the_failed_step_stood(workplace: Workplace) -> None:
    workplace.write(FAILING)
    out = shell(workplace, "run", "--quiet", "--shell", code=1)
    assert "where step 'Break' failed" in out
    assert "PIN" in out.split("because they hold secrets: ")[1].splitlines()[0]
    assert out.splitlines()[-4].endswith("/work/s/deep")
    assert out.splitlines()[-3:] == ["made", "blue blue no pin", "found"]
    assert shell(workplace, "shell", code=0).splitlines()[-1] == "found"
    assert shell(workplace, "shell", "1", "--job", "job", code=0).splitlines()[-1] == "found"


def test_there_is_no_shell_for_what_has_not_failed(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: echo good\n")
    workplace.call("run", "--shell")
    assert "no job of run 1 has failed" in workplace.call("shell", code=2).stderr
    assert "no job 'other' of run 1 has failed" in workplace.call("shell", "1", "--job", "other", code=2).stderr


def test_work_that_is_not_kept_has_no_shell(workplace: Workplace) -> None:
    workplace.write(FAILING)
    workplace.env["DRIVETRAIN_KEEP_WORK"] = "never"
    workplace.call("run", code=1)
    assert "has not kept where its step stood" in workplace.call("shell", code=2).stderr


def read_until(read: Callable[[], str], text: str) -> None:
    seen = ""
    while text not in seen:
        more = read()
        assert more, seen
        seen += more


def test_a_changed_file_runs_the_pipeline_again_and_ctrl_c_ends(workplace: Workplace) -> None:
    workplace.write("steps:\n- bash: cat note.txt\n")
    workplace.write("first words\n", "note.txt")
    workplace.write("ignored\n", ".gitignore")
    workplace.commit()
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [DRIVETRAIN, "run", "--watch"],
        cwd=workplace.repo,
        env=workplace.env,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)

    def read() -> str:
        return os.read(leader, 4096).decode()

    read_until(read, "first words")
    read_until(read, "watching for changes")
    workplace.write("nothing to see\n", "ignored")
    workplace.write("second words\n", "note.txt")
    read_until(read, "second words")
    read_until(read, "watching for changes")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    os.close(leader)
    assert [run["id"] for run in workplace.json("runs")] == [2, 1]
