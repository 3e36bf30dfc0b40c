from __future__ import annotations

import pytest
from msgspec.structs import replace

from drivetrain.run.model import Issue, Result, StageRecord, State
from drivetrain.source.events import PullRequestChanged
from drivetrain.source.hosts.model import ForkPolicy, Verdict
from drivetrain.source.merge_commit import Conflict
from drivetrain.view.answers.events import verdict_of
from drivetrain.view.answers.report import LONGEST, report, report_name, without_run
from drivetrain.wire.events.pull_request import _refusal as refusal
from tests.unit.view.answers.stories import BASE, HEAD, NOW, PULL, job, results, story

RUNNING = {"state": State.RUNNING, "result": None, "finished_at": ""}


@pytest.mark.parametrize(
    ("run", "more", "verdict", "title"),
    [
        ({"state": State.PENDING, "result": None, "started_at": "", "finished_at": ""}, {}, "pending", "Queued"),
        (RUNNING, {"jobs": (job(), job("b", None))}, "running", "Running: 1 of 2 jobs done"),
        ({**RUNNING, "canceling": True}, {}, "running", "Is being canceled"),
        ({}, {}, "succeeded", "Succeeded in 3m 05s: 1 job"),
        ({"result": Result.SUCCEEDED_WITH_ISSUES}, {}, "succeeded", "Succeeded with issues in 3m 05s: 1 job"),
        ({"result": Result.CANCELED}, {}, "canceled", "Canceled in 3m 05s: 1 job"),
        (
            {"result": Result.FAILED},
            {"jobs": (job("x", Result.FAILED), job("y", Result.FAILED), job())},
            "failed",
            "Failed: x and 1 more",
        ),
        (
            {"result": Result.FAILED},
            {"jobs": (), "issues": (Issue("error", "azure-pipelines.yml:3:1: unknown key"),)},
            "failed",
            "Failed: azure-pipelines.yml:3:1: unknown key",
        ),
    ],
)
def test_every_state_has_its_words(run: dict[str, object], more: dict[str, object], verdict: str, title: str) -> None:
    found = report(story(results=results(run=run), **more), NOW)
    assert (found.verdict, found.title) == (verdict, title)
    assert (found.sha, found.url, found.name) == (HEAD, f"{BASE}/runs/12", "drivetrain/churn/pr")


def test_what_waits_says_for_what() -> None:
    stages = (StageRecord("Deploy", "Deploy", reason="waits for approval by ada"),)
    found = report(story(results=results(run={**RUNNING, "waiting": True}), stages=stages), NOW)
    assert (found.verdict, found.title) == (Verdict.PENDING, "Waits: Deploy: waits for approval by ada")


def test_a_server_that_nobody_reaches_names_its_run() -> None:
    found = report(story(results=replace(results(), page="")), NOW)
    assert found.url == ""
    assert found.title == "Succeeded in 3m 05s: 1 job (run 20261126.12: drivetrain show 12)"


def test_the_summary_has_bounds_and_no_annotations_before_the_end() -> None:
    issues = tuple(Issue("error", "e" * 5000, file="a.py", line=number) for number in range(1, 1000))
    going = report(story(results=results(run=RUNNING), issues=issues), NOW)
    ended = report(story(results=results(run={"result": Result.FAILED}), issues=issues), NOW)
    assert going.annotations == ()
    assert len(ended.annotations) == 200
    assert len(ended.summary) <= LONGEST


def test_another_attempt_is_another_report() -> None:
    again = story(stages=(StageRecord("Build", "Build", State.RUNNING, attempt=2),))
    assert report(story(), NOW).reference == "run 12.1"
    assert report(again, NOW).reference == "run 12.2"


def test_names_tell_a_push_from_a_pull_request() -> None:
    assert report_name("churn", pull_request=False) == "drivetrain/churn"
    assert report_name("churn", pull_request=True) == "drivetrain/churn/pr"


def test_an_event_without_a_run() -> None:
    found = without_run("drivetrain/churn/pr", PULL, Verdict.NEUTRAL, "it waits\n\u202eforever", 5)
    assert (found.sha, found.title, found.reference) == (HEAD, "it waits forever", "event 5")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("it comes from a fork and waits for a collaborator's word: comment /azp run", Verdict.NEUTRAL),
        ("the merge has conflicts in a.py, b.py", Verdict.ERROR),
        ("the branches have no commit in common", Verdict.ERROR),
        ("pr.branches.exclude: main", None),
        ("pull request 7 was closed", None),
        ("", None),
        (Conflict(("a.py",), HEAD, HEAD).why, Verdict.ERROR),
        (Conflict((), HEAD, HEAD).why, Verdict.ERROR),
        (refusal(ForkPolicy(), PullRequestChanged(replace(PULL, fork=True))), Verdict.NEUTRAL),
        (refusal(ForkPolicy(comment="all"), PullRequestChanged(PULL)), Verdict.NEUTRAL),
        (refusal(ForkPolicy(build=False), PullRequestChanged(replace(PULL, fork=True))), None),
    ],
)
def test_which_events_are_told(outcome: str, verdict: Verdict | None) -> None:
    assert verdict_of(outcome) is verdict
