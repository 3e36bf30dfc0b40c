"""Much output, strange output, endless output, and processes that will not go: the run ends, and memory stays flat."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from drivetrain.wire.server_process import find
from tests.cli.conftest import DRIVETRAIN
from tests.server.conftest import wait_for
from tests.withstand.looking import lives, page, peak, peak_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Workplace
    from tests.server.conftest import World

MOST_MB = 150
"""A runner has some 45 MB, a command that shows its log the same."""
MUCH = 100_000_000
LINE = "a line that is repeated till there is much; " * 10
LONG = 50_000_000
SIGNS = bytes(range(256))
BLOCKS = 40_000
BINARY = f"""\
steps:
- checkout: none
- bash: python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * {BLOCKS})'
"""
ONE_LINE = f"steps:\n- checkout: none\n- bash: head -c {LONG} /dev/zero | tr '\\0' x\n"
DAEMONS = """\
steps:
- checkout: none
- bash: |
    (nohup setsid bash -c 'echo $$ > "{root}/noisy"; while :; do echo noise; done' &)
    (nohup setsid bash -c 'echo $$ > "{root}/silent"; exec sleep 600' &)
    (nohup setsid env -i bash -c 'echo $$ > "{root}/bare"; exec sleep 600' &)
    (nohup setsid bash -c 'echo $$ > "{root}/deaf"; trap "" INT TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 &)
    until [ -s "{root}/noisy" -a -s "{root}/silent" -a -s "{root}/bare" -a -s "{root}/deaf" ]; do :; done
    echo forked
- bash: echo the next step
"""


def run_into_file(workplace: Workplace) -> tuple[Path, int]:
    """What `drivetrain run` printed, and the most memory that it or a runner had."""
    out = workplace.repo.parent / "printed"
    with out.open("wb") as file:
        process = subprocess.Popen([DRIVETRAIN, "run"], cwd=workplace.repo, env=workplace.env, stdout=file)
        most = peak_until(lambda: process.poll() is not None, process.pid)
    assert process.returncode == 0, out.read_bytes()[-2000:]
    assert most > 10, "it was measured"
    return out, most


def log_of(workplace: Workplace, run: int = 1) -> bytes:
    (path,) = Home(workplace.repo.parent / "home").run(run).glob("*/logs/001.log")
    return path.read_bytes()


def test_a_hundred_megabytes_leave_memory_flat_and_are_all_there(workplace: Workplace) -> None:
    workplace.write(f"steps:\n- checkout: none\n- bash: yes '{LINE}' | head -c {MUCH}\n")
    out, most = run_into_file(workplace)
    assert most < MOST_MB
    assert log_of(workplace).count(f"\n{LINE}".encode()) == MUCH // len(f"{LINE}\n")
    assert out.stat().st_size > MUCH


def test_one_line_of_fifty_megabytes_leaves_memory_flat_and_is_all_there(workplace: Workplace) -> None:
    workplace.write(ONE_LINE)
    out, most = run_into_file(workplace)
    assert most < MOST_MB
    assert b"\n" + b"x" * LONG + b"\n" in log_of(workplace)
    assert b" " + b"x" * LONG + b"\n" in out.read_bytes()
    assert subprocess.check_output(
        [DRIVETRAIN, "logs", "--raw"], cwd=workplace.repo, env=workplace.env
    ) == log_of(workplace)  # fmt: skip


def test_bytes_that_are_no_text_are_kept_and_shown(workplace: Workplace) -> None:
    workplace.write(BINARY)
    out, most = run_into_file(workplace)
    assert most < MOST_MB
    assert SIGNS * BLOCKS in log_of(workplace)
    assert out.read_bytes().count("\N{REPLACEMENT CHARACTER}".encode()) >= BLOCKS


def test_the_server_shows_long_lines_and_binary_in_parts_with_its_memory_flat(world: World) -> None:
    world.repository(ONE_LINE + BINARY.partition("none\n")[2])
    world.cli("project", "add", str(world.bare), "--hook")
    info = world.up()
    page(world, "/runs")
    before = peak(info.pid)
    world.commit()
    world.push()
    most = peak_until(lambda: bool(world.ended()), info.pid)
    (run,) = world.runs()
    assert run.result == "Succeeded"
    for step in (1, 2):
        for path in (f"/runs/{run.id}/logs/__default.Job.1/{step}", f"/runs/{run.id}"):
            assert len(page(world, path)) < 5_000_000
    assert most < MOST_MB + before
    found = find(world.home)
    assert found is not None
    assert peak(found.pid) < before + MOST_MB


def test_daemons_neither_hold_up_the_run_nor_outlive_it(workplace: Workplace, tmp_path: Path) -> None:
    workplace.write(DAEMONS.replace("{root}", str(tmp_path)))
    out, most = run_into_file(workplace)
    assert most < MOST_MB
    assert b"A background process still holds this step's output" in log_of(workplace)
    assert b"    the next step\n" in out.read_bytes()
    pids = {name: int((tmp_path / name).read_text()) for name in ("noisy", "silent", "bare", "deaf")}
    for name, pid in pids.items():
        wait_for(lambda pid=pid: not lives(pid), f"{name} to be gone", 10)  # type: ignore[misc]


@pytest.mark.parametrize("level", ["step", "job"])
def test_what_never_ends_is_ended_by_its_time_limit_with_all_its_processes(
    workplace: Workplace, tmp_path: Path, level: str
) -> None:
    pids = tmp_path / "pids"
    limit = "timeoutInMinutes: $(limit)"
    deaf = "trap '' INT TERM" if level == "job" else "true"
    workplace.write(
        "jobs:\n- job: A\n  variables: {limit: 0.02, short: 0.02}\n  cancelTimeoutInMinutes: $(short)\n"
        + (f"  {limit}\n" if level == "job" else "")
        + f"  steps:\n  - checkout: none\n  - bash: |\n      (setsid bash -c 'echo $$ >> {pids}; exec sleep 600' &)\n"
        f"      echo $$ >> {pids}; {deaf}\n      while :; do echo on and on; sleep 0.01; done\n"
        + (f"    {limit}\n" if level == "step" else "")
        + "  - bash: echo cleaned up\n    condition: always()\n"
    )
    out = workplace.call("run", code=1).stdout
    (job,) = workplace.json("show")["timeline"]["jobs"]
    assert job["result"] == ("Failed" if level == "step" else "Canceled")
    assert ("The task has timed out." if level == "step" else "longer than the maximum time of 0.02 minutes") in out
    assert ("cleaned up" in out) is (level == "step"), "a job that is canceled has cancelTimeoutInMinutes left"
    for pid in map(int, pids.read_text().split()):
        wait_for(lambda pid=pid: not lives(pid), f"{pid} to be gone", 10)  # type: ignore[misc]
