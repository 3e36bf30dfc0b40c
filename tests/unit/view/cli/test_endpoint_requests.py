"""What `drivetrain endpoint requests` shows of the request log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from drivetrain.home import Home
from drivetrain.serve.model import Endpoint
from drivetrain.view.cli import endpoint
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRIVETRAIN_HOME", str(tmp_path))
    Storage(Home(tmp_path)).endpoints.put(Endpoint("Shop"), by="owner")
    found = Home(tmp_path).endpoint("Shop")
    found.mkdir(parents=True)
    return found


def line(number: int, deployment: str = "blue") -> str:
    kept: dict[str, Any] = {"time": f"2026-01-02T03:04:{number:02}.000Z", "deployment": deployment, "model": "churn:3"}
    kept |= {"status": 200, "milliseconds": 1.5, "request": {"x": "\x1b[31m" + "9" * 100}, "response": [number]}
    return json.dumps(kept) + "\n"


def shown(*words: str) -> str:
    done = CliRunner().invoke(endpoint.command, ["requests", "shop", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


@pytest.mark.usefixtures("folder")
def test_nothing_says_how_to_begin() -> None:
    assert "--collect" in shown()


def test_the_newest_come_last_also_of_older_files(folder: Path) -> None:
    (folder / "requests.jsonl.1").write_text(line(1) + line(2))
    (folder / "requests.jsonl").write_text(line(3) + line(4, "green") + '{"cut": ')
    said = shown("-n", "3").splitlines()
    assert [each.split()[1] for each in said[1:]] == ["03:04:02", "03:04:03", "03:04:04"]
    assert "\x1b" not in "".join(said)
    (only,) = (json.loads(each) for each in shown("--deployment", "green", "--json").splitlines())
    assert only["response"] == [4]


def test_those_that_come_are_followed(folder: Path) -> None:
    command = [sys.executable, "-m", "drivetrain", "endpoint", "requests", "shop", "-f", "--json"]
    (folder / "requests.jsonl").write_text(line(1))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["response"] == [1]
        with (folder / "requests.jsonl").open("a") as file:
            file.write(line(2) + line(3)[:20])
            file.flush()
            assert json.loads(process.stdout.readline())["response"] == [2]
            file.write(line(3)[20:])
        assert json.loads(process.stdout.readline())["response"] == [3]
        process.kill()
