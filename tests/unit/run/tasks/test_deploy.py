"""DrivetrainDeploy@1: its inputs become the words of the command, which runs in the job."""

from __future__ import annotations

from typing import Any

Make = Any


def test_inputs_become_the_words_of_the_command(run_job: Make, task: Make) -> None:
    inputs = {"model": "churn:3", "steps": "50,100", "watch": "1", "variables": "A=1\n\nB=2", "secrets": "C=D"}
    job = run_job(task("DrivetrainDeploy@1", inputs))
    words = "--steps=50,100 --watch=1 --mirror=0 --env=A=1 --env=B=2 --secret=C=D -- churn:3"
    assert f"[command]drivetrain deploy {words}" in job.log()
    assert "where is it to be deployed?" in job.log()
    assert job.results == ["Failed"]


def test_at_once_needs_no_steps(run_job: Make, task: Make) -> None:
    job = run_job(task("DrivetrainDeploy@1", {"model": "churn", "atOnce": "true", "instances": "2"}))
    assert "[command]drivetrain deploy --instances=2 --at-once -- churn" in job.log()
