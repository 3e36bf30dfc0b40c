"""Checks, decisions and environments on the command line, by the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Shell:
    root: Path

    def say(self, *words: str, status: int = 0) -> str:
        environment = {**os.environ, "DRIVETRAIN_HOME": str(self.root / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
        command = [sys.executable, "-m", "drivetrain", *words]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_nothing_is_made_by_looking(shell: Shell) -> None:
    assert "no checks" in shell.say("check", "list")
    assert "nothing waits" in shell.say("approvals")
    assert "no environments yet" in shell.say("environment", "list")
    assert [shell.json("check", "list"), shell.json("approvals"), shell.json("environment", "list")] == [[], [], []]


def test_every_kind_of_check_is_set_listed_and_removed(shell: Shell) -> None:
    for words in (
        [
            "approval",
            "--approver",
            "ada,ben",
            "--minimum",
            "1",
            "--in-order",
            "--no-self-approval",
            "--when",
            "preCheck",
        ],
        ["branch-control", "--branch", "refs/heads/main"],
        ["businessHours", "--day", "mon", "--start", "08:00", "--end", "12:30", "--time-zone", "Europe/Berlin"],
        ["exclusive-lock", "--timeout", "7d"],
        [
            "invoke-rest-api",
            "--url",
            "https://a.example/x",
            "--method",
            "get",
            "--header",
            "X-Key=s3cret",
            "--interval",
            "5m",
        ],
        ["model-gate", "--gate", "quality", "--model", "fraud"],
        ["required-template", "--template", "a.yml@contoso/t@main", "--template", "b.yml"],
    ):
        shell.say("check", "add", "production", *words)
    found = shell.json("check", "list", "environment:production")
    assert [each["type"] for each in found] == [
        "approval", "branchControl", "businessHours", "exclusiveLock", "invokeRestApi", "modelGate", "requiredTemplate"
    ]  # fmt: skip
    approval, _, hours, lock, rest, gate, template = (each["settings"] for each in found)
    assert (approval["approvers"], approval["inOrder"], approval["requesterMayApprove"]) == (
        ["ada", "ben"],
        True,
        False,
    )
    assert (hours["days"], hours["timeZone"]) == (["Monday"], "Europe/Berlin")
    assert lock["timeout"] == 7 * 1440
    assert (rest["method"], rest["interval"], rest["headers"]) == ("GET", 5, {"X-Key": "***"})
    assert (gate["gate"], gate["model"], gate["rules"]) == ("quality", "fraud", "")
    assert template["templates"][0] == {"path": "a.yml", "repository": "contoso/t", "ref": "main"}
    text = shell.say("check", "list")
    assert "by 1 of ada, ben in this order, within 30 days; not who asked for the run" in text
    assert "s3cret" not in text
    shell.say("check", "remove", "1")
    assert len(shell.json("check", "list")) == 6


def test_a_model_gate_is_pinned_to_the_rules_of_a_file(shell: Shell) -> None:
    file = shell.root / "gate.yml"
    file.write_text("gate: quality\nmetrics: [{metric: rmse}]\n")
    first = shell.json("check", "add", "prod", "modelGate", "--rules", "gate.yml")["settings"]
    assert first["gate"] == "quality"
    file.write_text("gate: quality\nmetrics: [{metric: rmse, tolerance: 1}]\n")
    second = shell.json("check", "add", "prod", "modelGate", "--rules", "gate.yml")["settings"]
    assert second["rules"].startswith("sha256:")
    assert second["rules"] != first["rules"]
    file.write_text("metrics: [{metric: rsme}]\n")
    assert "gate.yml:1:20" in shell.say("check", "add", "prod", "modelGate", "--rules", "gate.yml", status=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pool:x", "approval", "--approver", "ada"], "names no resource that can have checks"),
        (["x", "magic"], "there is no check 'magic'"),
        (["x", "approval"], "approvers: it is needed"),
        (["x", "approval", "--approver", "ada", "--branch", "refs/heads/a"], "allowedBranches: approval has no such"),
        (["x", "approval", "--approver", "ada", "--timeout", "soon"], "is not a length of time"),
        (["x", "branch-control", "--branch", "main"], "write refs/heads/main"),
        (["x", "exclusive-lock", "--project", "nobody"], "there is no project 'nobody'"),
    ],
)
def test_what_is_wrong_with_a_check_is_said(shell: Shell, words: list[str], message: str) -> None:
    assert message in shell.say("check", "add", *words, status=2)
    assert shell.json("check", "list") == []


def test_an_environment_has_a_life(shell: Shell) -> None:
    made = shell.json("environment", "create", "prod", "--description", "The fleet")
    assert (made["id"], made["name"]) == (1, "prod")
    assert "there is an environment 'PROD' already" in shell.say("environment", "create", "PROD", status=2)
    shell.say("environment", "add-resource", "prod", "vm1", "--type", "VirtualMachine", "--tag", "web")
    shell.say("check", "add", "prod", "exclusiveLock")
    text = shell.say("environment", "show", "Prod")
    assert "The fleet" in text
    assert "resource vm1  VirtualMachine  web" in text
    assert "Exclusive lock" in text
    shell.say("environment", "remove-resource", "prod", "vm1")
    shell.say("environment", "delete", "prod", "--yes")
    assert "there is no environment 'prod'" in shell.say("environment", "show", "prod", status=2)
    assert shell.json("check", "list") == []
    assert shell.json("environment", "create", "prod")["id"] == 2


def test_there_is_nothing_to_decide_where_there_is_no_run(shell: Shell) -> None:
    assert "there is no run" in shell.say("approve", "1", status=2)
    assert "there is no run" in shell.say("reject", "nothing", status=2)
