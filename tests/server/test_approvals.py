"""Approvals with a real server that is restarted and killed while runs wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.server.conftest import COMMAND, wait_for

if TYPE_CHECKING:
    from tests.server.conftest import World

DEPLOY = """
stages:
- stage: Deploy
  jobs:
  - deployment: Web
    environment: production
    strategy:
      runOnce:
        deploy:
          steps:
          - bash: echo "deployed"
"""
ASK = """
jobs:
- job: Ask
  pool: server
  steps:
  - task: ManualValidation@1
    displayName: Really?
    inputs:
      notifyUsers: ''
      instructions: Think twice
"""
HOLD = """
stages:
- stage: Deploy
  lockBehavior: %s
  jobs:
  - deployment: Web
    environment: production
    strategy:
      runOnce:
        deploy:
          steps:
          - bash: |
              echo begins >> "$HOLD/log"
              until [ -e "$HOLD/go" ]; do sleep 0.05; done
              echo ends >> "$HOLD/log"
"""


def serve(world: World, pipeline: str) -> World:
    world.repository(pipeline)
    world.cli("project", "add", str(world.bare), "--no-hook", "--poll", "0.3", "--name", "shop")
    world.up()
    return world


def push(world: World, count: int = 1) -> None:
    for _ in range(count):
        wanted = len(world.runs()) + 1
        world.commit()
        world.push()
        wait_for(partial(_has_runs, world, wanted), f"a run; {world.log()}")


def _has_runs(world: World, count: int) -> bool:
    return len(world.runs()) >= count


def waiting(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(world.cli("approvals", "--json"))
    return found


def wait_for_questions(world: World, count: int = 1) -> list[dict[str, Any]]:
    wait_for(lambda: len(waiting(world)) == count, f"{count} questions; {world.log()}")
    return waiting(world)


@pytest.fixture
def deploying(world: World) -> World:
    serve(world, DEPLOY)
    world.cli("check", "add", "production", "approval", "--approver", "ada,ben", "--instructions", "Look twice")
    return world


def test_a_run_that_waits_survives_a_restart_and_a_kill(deploying: World) -> None:
    push(deploying)
    (asked,) = wait_for_questions(deploying)
    assert asked["approval"]["instructions"] == "Look twice"
    deploying.cli("down")
    deploying.cli("approve", "1", "--as", "ada")  # nobody needs the server for that
    deploying.up()
    (asked,) = wait_for_questions(deploying)
    assert [each["by"] for each in asked["approval"]["decisions"]] == ["ada"]
    deploying.kill()
    deploying.up()
    deploying.cli("approve", "1", "Deploy", "--as", "ben", "--comment", "Go")
    (run,) = deploying.wait_for_runs(1)
    assert run.result == "Succeeded"
    shown = json.loads(deploying.cli("environment", "show", "production", "--project", "shop", "--json"))
    assert [each["result"] for each in shown["deployments"]] == ["Succeeded"]
    assert waiting(deploying) == []


def test_a_run_is_approved_by_api_and_page(deploying: World) -> None:
    push(deploying)
    wait_for_questions(deploying)
    answer = deploying.ask("POST", "/api/v1/runs/1/approvals", {"approve": True, "by": "ben", "comment": "By API"})
    (asked,) = answer["approvals"]
    assert (asked["state"], asked["waits_for"]) == ("pending", "ada")
    assert asked["decisions"][0]["comment"] == "By API"
    deploying.ask("POST", "/api/v1/runs/1/approvals", {"approve": False, "by": "ada"})
    (run,) = deploying.wait_for_runs(1)
    assert run.result == "Failed"
    gates = deploying.ask("GET", "/api/v1/runs/1/approvals")["gates"]
    assert [(gate["result"], gate["checks"][0]["state"]) for gate in gates] == [("Failed", "rejected")]


def test_a_late_decision_says_that_it_is_over(deploying: World) -> None:
    push(deploying)
    wait_for_questions(deploying)
    deploying.cli("cancel", "1")
    (run,) = deploying.wait_for_runs(1)
    assert run.result == "Canceled"
    assert "is over" in deploying.cli("approve", "1", "--as", "ada", status=2)


def test_many_who_decide_at_once_give_one_decision_each(deploying: World) -> None:
    push(deploying)
    wait_for_questions(deploying)
    commands = [[COMMAND, "approve", "1", "--as", name] for name in ("ada", "ben") for _ in range(3)]
    started = [
        subprocess.Popen(command, env=deploying.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for command in commands
    ]
    outputs = [process.communicate(timeout=60)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 6, outputs
    deploying.wait_for_runs(1)
    (asked,) = deploying.ask("GET", "/api/v1/runs/1/approvals")["approvals"]
    assert sorted(each["by"] for each in asked["decisions"]) == ["ada", "ben"]


def test_a_step_that_asks_gets_an_answer_that_was_given_without_a_server(world: World) -> None:
    serve(world, ASK)
    push(world)
    (asked,) = wait_for_questions(world)
    assert (asked["approval"]["subject"], asked["approval"]["instructions"]) == ("Really?", "Think twice")
    world.kill()
    world.cli("approve", "1", "--comment", "Yes")
    world.up()
    (run,) = world.wait_for_runs(1)
    assert run.result == "Succeeded"
    assert "Approved by" in next(world.home.run(1).glob("*/logs/*.log")).read_text()


def test_what_was_decided_is_not_asked_again_after_a_lost_runner(world: World) -> None:
    serve(world, ASK)
    push(world)
    wait_for_questions(world)
    world.kill()
    world.cli("approve", "1")
    for process in psutil.process_iter(["cmdline", "environ"]):
        with suppress(psutil.Error):
            if any(str(world.home.run(1)) in part for part in process.info["cmdline"] or ()):
                os.kill(process.pid, signal.SIGKILL)
                process.wait(30)
    world.up()
    (run,) = world.wait_for_runs(1)
    assert run.result == "Succeeded"
    asked = world.ask("GET", "/api/v1/runs/1/approvals")["approvals"]
    assert [each["state"] for each in asked] == ["approved", "approved"]
    assert len(list(world.home.run(1).glob("*Ask.*"))) == 2


def test_one_stage_at_a_time_holds_a_lock_whoever_is_killed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = world.root / "hold"
    hold.mkdir()
    monkeypatch.setenv("HOLD", str(hold))
    serve(world, HOLD % "sequential")
    world.cli("check", "add", "production", "exclusive-lock")
    push(world, 3)
    log = hold / "log"
    wait_for(log.exists, f"the first stage to begin; {world.log()}")
    world.kill()
    world.up()
    wait_for(lambda: "has it" in world.cli("show", "3"), f"the third to wait; {world.log()}")
    assert log.read_text() == "begins\n"
    (hold / "go").touch()
    runs = world.wait_for_runs(3)
    assert [run.result for run in runs] == ["Succeeded"] * 3
    assert log.read_text() == "begins\nends\n" * 3


def test_only_the_latest_of_those_that_wait_for_a_lock_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = world.root / "hold"
    hold.mkdir()
    monkeypatch.setenv("HOLD", str(hold))
    serve(world, HOLD % "runLatest")
    world.cli("check", "add", "production", "exclusive-lock")
    push(world)
    wait_for((hold / "log").exists, f"the first stage to begin; {world.log()}")
    push(world, 3)
    wait_for(lambda: len(world.ended()) == 2, f"older runs to be canceled; {world.log()}")
    (hold / "go").touch()
    runs = {run.id: str(run.result) for run in world.wait_for_runs(4)}
    assert runs == {1: "Succeeded", 2: "Canceled", 3: "Canceled", 4: "Succeeded"}
    assert Path(hold / "log").read_text() == "begins\nends\n" * 2
