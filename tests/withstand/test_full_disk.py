"""A full disk: a clear error and no hang, nothing broken; with space again, the same home goes on."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from tests.server.conftest import World, wait_for
from tests.walking import everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Workplace

FLOOD = "steps:\n- checkout: none\n- bash: yes 'a line of the log' | head -c 50000000\n- bash: echo never\n"
FINE = "steps:\n- checkout: none\n- bash: echo all is well\n"
WORDS = ("is full", "No space left", "Out of diskspace", "Out of disk space")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def cramped(workplace: Workplace, disk: Path) -> Workplace:
    return replace(workplace, env={**workplace.env, "DRIVETRAIN_HOME": str(disk / "home")})


@pytest.fixture
def cramped_world(tmp_path: Path, disk: Path) -> Iterator[World]:
    (tmp_path / "home").symlink_to(disk)
    made = World(tmp_path)
    yield made
    made.kill()


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))


def make_room(disk: Path) -> None:
    """Delete what fills the disk: our own file, and the logs that a flood left."""
    (disk / "fill").unlink(missing_ok=True)
    for path in everything(disk):
        if path.parent.name == "logs" and path.suffix == ".log":
            path.write_bytes(b"")


def assert_sound(home: Home) -> None:
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def tells_of_space(text: str) -> bool:
    return any(words in text for words in WORDS)


def test_a_run_that_fills_the_disk_fails_with_the_reason_and_the_next_one_works(cramped: Workplace, disk: Path) -> None:
    cramped.write(FLOOD)
    done = cramped.call("run", code=1)
    assert tells_of_space(done.stdout + done.stderr), done.stdout[-500:] + done.stderr
    assert "echo never" not in done.stdout
    make_room(disk)
    cramped.write(FINE)
    assert "all is well" in cramped.call("run").stdout
    assert_sound(Home(disk / "home"))
    runs = {run["id"]: run["result"] for run in cramped.json("runs")}
    assert runs == {1: "Failed", 2: "Succeeded"}
    assert tells_of_space(cramped.call("show", "1").stdout)


@pytest.mark.parametrize("used", [False, True], ids=["a new home", "a used home"])
def test_on_a_full_disk_every_command_says_so(cramped: Workplace, disk: Path, *, used: bool) -> None:
    cramped.write(FINE)
    if used:
        cramped.call("run")
    fill(disk)
    for words in (["run"], ["up", "--port", "0"], ["project", "add", str(cramped.repo), "--no-hook"]):
        done = cramped.call(*words, code=1)
        assert tells_of_space(done.stderr), (words, done.stderr)
        assert "hint:" in done.stderr
    assert "fail  disk" in cramped.call("doctor", code=1).stdout
    cramped.call("lint")
    cramped.call("down")
    make_room(disk)
    assert "all is well" in cramped.call("run").stdout
    assert_sound(Home(disk / "home"))


def test_the_server_goes_on_when_there_is_space_again(cramped_world: World, disk: Path) -> None:
    world = cramped_world
    world.repository(FLOOD)
    world.cli("project", "add", str(world.bare), "--hook", "--poll", "1")
    world.up()
    world.commit()
    world.push()
    wait_for(lambda: list(disk.glob("runs/1/*/logs/*.log")), "the run to begin")
    wait_for(lambda: not list(disk.glob("runs/1/*/reserve")), "the job to end")
    make_room(disk)
    (run,) = world.wait_for_runs(1)
    assert run.result == "Failed"
    assert tells_of_space(world.cli("show", str(run.id)))
    world.commit(**{"azure-pipelines.yml": FINE})
    world.push()
    assert [each.result for each in sorted(world.wait_for_runs(2), key=lambda each: each.id)] == ["Failed", "Succeeded"]
    assert world.ask("GET", "/api/v1/runs")["runs"][0]["id"] == 2
    assert_sound(world.home)


def test_pushes_to_a_full_disk_run_when_there_is_space_again(cramped_world: World, disk: Path) -> None:
    world = cramped_world
    world.repository(FINE)
    world.cli("project", "add", str(world.bare), "--hook", "--poll", "1")
    world.up()
    fill(disk)
    sha = world.commit()
    world.push()
    make_room(disk)
    (run,) = world.wait_for_runs(1)
    assert (run.result, run.source.commit.sha) == ("Succeeded", sha)
    assert_sound(world.home)
