from __future__ import annotations

import json
from typing import Any

import pytest

from drivetrain.run.checks.delivery import answer_file
from tests.unit.run.runner.job_runs import wait_until

Make = Any


def answered(job: Any, **given: object) -> Any:
    """The job, answered as the driver of its run does once the step has asked."""
    job.start()
    wait_until(lambda: (job.dir / "journal.jsonl").exists() and "validation.requested" in job.kinds(), "the question")
    new = job.dir / "answer.new"
    new.write_text(json.dumps(given))
    new.replace(answer_file(job.dir, 1))
    return job.wait()


def asked(job: Any) -> dict[str, Any]:
    (data,) = job.entries("validation.requested")
    found: dict[str, Any] = data
    return found


def validations(job: Any) -> list[str]:
    return [kind for kind in job.kinds() if kind.startswith("validation")]


def test_it_asks_and_goes_on_when_it_is_approved(make_job: Make, task: Make) -> None:
    inputs = {
        "notifyUsers": "a@example.com",
        "approvers": "ada, ben\n ada",
        "instructions": "Look at $(what)",
        "allowApproversToApproveTheirOwnRuns": "false",
    }
    job = make_job(task("ManualValidation@1", inputs, display_name="Is it good?"), variables={"what": "it"})
    answered(job, approve=True, by="ben", comment="Yes")
    assert job.results == ["Succeeded"]
    assert "Approved by ben: Yes" in job.log(1)
    data = asked(job)
    assert (data["title"], data["approvers"], data["own_runs"]) == ("Is it good?", ["ada", "ben"], False)
    assert (data["instructions"], data["notify"]) == ("Look at it", ["a@example.com"])


def test_it_fails_when_it_is_rejected(make_job: Make, task: Make) -> None:
    job = make_job(task("ManualValidation@0", {"notifyUsers": ""}))
    answered(job, approve=False, by="ben", comment="")
    assert job.results == ["Failed"]
    assert job.issues("error") == ["Rejected by ben"]


@pytest.mark.parametrize(("choice", "result"), [("reject", "Failed"), ("resume", "Succeeded"), ("Resume", "Succeeded")])
def test_without_an_answer_its_time_limit_counts(run_job: Make, task: Make, choice: str, result: str) -> None:
    job = run_job(task("ManualValidation@1", {"notifyUsers": "", "onTimeout": choice}, timeout_minutes="0.005"))
    assert job.results == [result]
    assert validations(job) == ["validation.requested", "validation.timedOut"]


def test_another_way_to_end_is_refused_before_anybody_is_asked(run_job: Make, task: Make) -> None:
    job = run_job(task("ManualValidation@1", {"notifyUsers": "", "onTimeout": "skip"}))
    assert job.results == ["Failed"]
    assert "Invalid value 'skip' of input onTimeout" in job.issues("error")[0]
    assert validations(job) == []


def test_the_time_limit_of_the_job_cancels_it(run_job: Make, task: Make) -> None:
    job = run_job(task("ManualValidation@1", {"notifyUsers": "", "onTimeout": "resume"}), timeout_minutes="0.005")
    assert job.results == ["Canceled"]


def test_what_was_answered_before_is_not_asked_again(make_job: Make, task: Make) -> None:
    job = make_job(task("ManualValidation@1", {"notifyUsers": ""}))
    job.dir.mkdir(parents=True)
    answer_file(job.dir, 1).write_text('{"approve": true, "by": "ben"}')
    job.start().wait()
    assert job.results == ["Succeeded"]
    assert validations(job) == []


def test_a_secret_in_the_instructions_is_masked(run_job: Make, task: Make) -> None:
    inputs = {"notifyUsers": "", "instructions": "the word is $(word)", "onTimeout": "resume"}
    job = run_job(task("ManualValidation@1", inputs, timeout_minutes="0.005"), secrets={"word": "s3cret-word"})
    assert asked(job)["instructions"] == "the word is ***"
