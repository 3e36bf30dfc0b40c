from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.run.events import RunEvent
from drivetrain.run.model import HELD
from drivetrain.view.cli.follow import Follower

if TYPE_CHECKING:
    import pytest

TIME = "2026-01-02T03:04:05.000Z"


def show(*events: tuple[str, dict[str, object]]) -> None:
    follower = Follower(lambda *_: Path("nowhere"), {}, "7")
    follower.show([RunEvent(seq, TIME, kind, data) for seq, (kind, data) in enumerate(events, 1)])


def test_a_stage_that_waits_for_a_hand_tells_how_to_start_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(("stage.waiting", {"stage": "Prod", "reason": HELD}))
    assert "Prod  Waiting to be started by hand: drivetrain start 7 Prod" in capsys.readouterr().out


def test_a_stage_at_its_gate_tells_what_it_waits_for_and_how_to_approve(capsys: pytest.CaptureFixture[str]) -> None:
    show(("stage.waiting", {"stage": "Prod", "reason": "Waiting for approval by Ada", "gate": True}))
    assert "Prod  Waiting for approval by Ada: drivetrain approve 7 Prod\n" in capsys.readouterr().out
    show(("stage.waiting", {"stage": "Prod", "reason": "Outside business hours", "gate": True}))
    assert "Prod  Outside business hours\n" in capsys.readouterr().out


def test_a_leg_that_was_decided_at_run_time_has_a_title(capsys: pytest.CaptureFixture[str]) -> None:
    job = {"stage": "S", "job": "Train", "leg": "large", "attempt": 1}
    show(("job.started", job), ("job.completed", {**job, "result": "Succeeded", "reason": ""}))
    assert capsys.readouterr().out.count("Train large") == 2
