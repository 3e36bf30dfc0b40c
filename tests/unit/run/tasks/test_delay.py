from __future__ import annotations

import time
from typing import Any

import pytest

Make = Any


def test_it_waits_so_many_minutes(run_job: Make, task: Make) -> None:
    began = time.monotonic()
    job = run_job(task("Delay@1", {"delayForMinutes": "$(minutes)"}), variables={"minutes": "0.005"})
    assert job.result == "Succeeded", job.log(1)
    assert time.monotonic() - began >= 0.3
    assert "Delaying for 0.005 minutes." in job.log(1)


def test_without_a_number_it_does_not_wait(run_job: Make, task: Make) -> None:
    assert run_job(task("Delay@1", {})).result == "Succeeded"


@pytest.mark.parametrize("minutes", ["soon", "-1", "86401", "inf", "nan", "$(undefined)"])
def test_what_is_no_number_of_minutes_fails(run_job: Make, task: Make, minutes: str) -> None:
    job = run_job(task("Delay@1", {"delayForMinutes": minutes}))
    assert job.results == ["Failed"]
    assert f"delayForMinutes is '{minutes}', which is not a number of minutes from 0 to 86400" in job.issues("error")[0]


def test_its_own_time_limit_ends_it(run_job: Make, task: Make) -> None:
    job = run_job(task("Delay@1", {"delayForMinutes": "60"}, timeout_minutes="0.005"))
    assert job.results == ["Failed"]
    assert job.issues("error") == ["The task has timed out."]


def test_the_time_limit_of_the_job_cancels_it(run_job: Make, task: Make) -> None:
    job = run_job(task("Delay@1", {"delayForMinutes": "60"}), timeout_minutes="0.005")
    assert job.results == ["Canceled"]
    assert job.issues("error") == ["The operation was canceled."]
