"""Hosts are told how runs go: everything, in order, once, however often host or server are gone."""

from __future__ import annotations

import re
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from drivetrain.run.model import Result, State
from drivetrain.run.ports import Changes, RunChange
from tests.hosts.serving import Reply
from tests.unit.wire.answers.conftest import HEAD, OTHER, PUBLIC, PULL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hosts.serving import Request
    from tests.unit.wire.answers.conftest import Telling

PUSH, PULLED = "drivetrain/churn", "drivetrain/churn/pr"


def test_a_push_is_told_from_queue_to_end(github: Telling) -> None:
    run = github.pushed()
    github.tell()
    github.move(run, State.RUNNING)
    github.tell_later()
    github.move(run, State.COMPLETED, Result.FAILED)
    github.tell()
    assert github.statuses == [(HEAD, PUSH, "pending"), (HEAD, PUSH, "pending"), (HEAD, PUSH, "failure")]
    assert github.fake.state.statuses[-1]["url"] == f"{PUBLIC}/runs/{run.id}"
    assert github.owed() == []
    github.tell()
    assert len(github.statuses) == 3


def test_what_goes_on_is_not_told_at_every_step(github: Telling) -> None:
    run = github.pushed()
    github.tell()
    github.move(run, State.RUNNING)
    for number in range(20):
        github.storage.runs.record(run.id, [], _number(number))
        github.tell_later(0.1)
    assert len(github.statuses) == 1
    github.tell_later()
    assert len(github.statuses) == 2
    github.move(run, State.COMPLETED, Result.SUCCEEDED)
    github.tell()
    assert github.statuses[-1][2] == "success"


def _number(number: int) -> Changes:
    return Changes(run=RunChange(number=f"n{number}"))


def test_a_pull_request_is_told_at_its_head_and_gets_one_comment(github: Telling) -> None:
    github.trained(github.run_through(github.pushed(OTHER)), {"accuracy": 0.8})
    github.tell_later()
    run = github.run_through(github.pull())
    github.trained(run, {"accuracy": 0.9})
    github.tell()
    assert github.comments == []  # the last metrics may still come
    github.tell_later()
    assert (HEAD, PULLED, "success") in github.statuses
    (text,) = github.comments
    assert "| `accuracy` | **0.9** | 0.8 | +0.1 | 🟢 better |" in text
    again = github.run_through(github.pull(replace(PULL, head_sha=OTHER)))
    github.trained(again, {"accuracy": 0.7})
    github.tell_later()
    (text,) = github.comments
    assert "🔴 worse" in text
    assert f"commit `{OTHER[:8]}`" in text


def test_metrics_that_come_late_change_the_comment(github: Telling) -> None:
    run = github.run_through(github.pull())
    github.tell_later()
    assert "accuracy" not in github.comments[0]
    github.trained(run, {"accuracy": 0.9})
    github.tell_later()
    assert len(github.comments) == 1
    assert "| `accuracy` | 0.9 |" in github.comments[0]


def test_a_picture_is_shown_where_there_is_something_to_compare(github: Telling) -> None:
    for value in (0.7, 0.8):
        github.trained(github.run_through(github.pushed(OTHER)), {"accuracy": value})
    run = github.run_through(github.pull())
    github.trained(run, {"accuracy": 0.9})
    github.tell_later()
    (line,) = [line for line in github.comments[0].splitlines() if line.startswith("![")]
    address, _, _ = line.partition("(")[2].partition("?v=")
    assert address.startswith(f"{PUBLIC}/answers/")
    key, name = address.split("/")[-2:]
    assert name == f"{run.id}.svg"
    pictures = github.answers.pictures
    assert "better" in ET.fromstring(pictures.picture(run.id, key) or "").get("aria-label", "")
    assert pictures.picture(run.id, key[:-1]) is None
    assert pictures.picture(run.id, "") is None
    assert pictures.picture(run.id, "é" * 32) is None
    assert pictures.picture(run.id - 1, key) is None
    assert pictures.picture(999, key) is None


def test_a_server_that_nobody_reaches_links_nowhere(alone: Telling) -> None:
    alone.trained(alone.run_through(alone.pushed(OTHER)), {"accuracy": 0.8})
    run = alone.run_through(alone.pull())
    alone.trained(run, {"accuracy": 0.9})
    alone.tell_later()
    assert "](" not in alone.comments[0]
    assert f"`drivetrain show {run.id}`" in alone.comments[0]
    assert alone.fake.state.statuses[-1]["url"] == ""
    assert f"drivetrain show {run.id}" in alone.fake.state.statuses[-1]["title"]


def test_runs_of_before_the_link_are_not_told(github: Telling) -> None:
    github.storage.links.remove(github.project.id)
    old = github.pushed(OTHER)
    github.link()
    github.run_through(github.pushed(HEAD))
    github.tell_later()
    assert {sha for sha, _, _ in github.statuses} == {HEAD}
    github.run_through(old)  # from now on it is told how it goes
    github.tell_later()
    assert {sha for sha, _, _ in github.statuses} == {HEAD, OTHER}


@pytest.mark.parametrize("link", [{"answers": False}, {"connection": ""}])
def test_a_host_that_is_not_to_be_told_is_not(github: Telling, link: dict[str, object]) -> None:
    github.link(**link)
    github.run_through(github.pull())
    github.tell_later()
    assert github.fake.requests == []
    assert github.owed() == []


def test_a_run_again_of_one_commit_takes_the_place_of_the_one_before(github: Telling) -> None:
    first = github.run_through(github.pull(), Result.FAILED)
    github.tell_later()
    again = github.pull(rerun_of=first.id)
    github.run_through(again)
    github.tell_later()
    assert github.statuses[-1] == (HEAD, PULLED, "success")
    assert len(github.comments) == 1
    github.storage.runs.record(first.id, [], _number(1))  # the older one changes once more
    github.tell_later()
    assert github.statuses[-1] == (HEAD, PULLED, "success")


def test_a_pull_request_that_waits_or_conflicts_is_told(github: Telling) -> None:
    github.event("it comes from a fork and waits for a collaborator's word: comment /azp run")
    github.event("pr.branches.exclude: main")
    github.tell()
    assert github.statuses == [(HEAD, PULLED, "pending")]
    assert "waits" in github.comments[0]
    github.later(1)
    run = github.run_through(github.pull())
    github.tell_later()
    assert github.statuses[-1] == (HEAD, PULLED, "success")
    assert "succeeded" in github.comments[0]
    github.event("the merge has conflicts in a.py", replace(PULL, head_sha=OTHER))
    github.tell()
    assert github.statuses[-1] == (OTHER, PULLED, "error")
    assert "conflicts in a.py" in github.comments[0]
    github.trained(run, {"late": 1.0})  # of what was before
    github.tell_later()
    assert "conflicts in a.py" in github.comments[0]
    assert len(github.comments) == 1


# A host that is gone, full, or does not let us


def test_a_host_that_is_gone_for_a_day_misses_nothing(github: Telling) -> None:
    github.fake.down()
    runs = [github.run_through(github.pushed(f"{number:040x}")) for number in range(1, 6)]
    pulled = github.run_through(github.pull())
    for _ in range(60):
        github.tell_later(24 * 60)
    tries = [each.tries for each in github.storage.answers.owed()]
    assert max(tries) <= 60
    assert "cannot be reached" in github.owed()[0][2]
    assert github.storage.answers.standing(github.project.id).owed == len(runs) + 2
    github.restart()
    github.fake.up()
    github.tell_later(1000 * 1.25)
    told = {sha: state for sha, _, state in github.statuses}
    assert told == {**{run.source.commit.sha: "success" for run in runs}, HEAD: "success"}
    assert len(github.comments) == 1
    assert github.owed() == []
    assert pulled.id


def test_a_host_that_is_gone_is_asked_ever_more_seldom(github: Telling) -> None:
    github.fake.down()
    for number in range(30):
        github.pushed(f"{number:040x}")
    asked = []
    real = github.storage.hosts.client

    class Counting:
        def client(self, link: object) -> object:
            asked.append(github.clock.now())
            return real(link)  # type: ignore[arg-type]

    github.answers.answering._hosts = Counting()  # type: ignore[assignment]
    for _ in range(600):
        github.tell_later(1)
    assert 5 <= len(asked) <= 12
    gaps = [(after - before).total_seconds() for before, after in pairwise(asked)]
    assert gaps[-1] > 4 * gaps[0]


def test_a_rate_limit_is_waited_out(github: Telling) -> None:
    github.pushed()
    github.fake.refusals.append(Reply(403, {"message": "API rate limit exceeded"}, {"Retry-After": "1800"}))
    github.tell()
    assert "less often" in github.owed()[0][2]
    github.tell_later(1790)
    assert len(github.fake.requests) == 1
    github.tell_later(600)
    assert github.statuses == [(HEAD, PUSH, "pending")]
    assert github.owed() == []


def test_one_project_that_may_not_holds_up_no_other_answer(github: Telling) -> None:
    github.pushed(OTHER)
    github.fake.refusals.append(Reply(403, {"message": "Resource not accessible by personal access token"}))
    github.pushed(HEAD)
    github.tell()
    assert github.statuses == [(HEAD, PUSH, "pending")]
    ((subject, tries, trouble),) = github.owed()
    assert (subject, tries) == (f"push {OTHER}", 1)
    assert "they need the right: Commit statuses: write" in trouble
    github.tell_later(30)
    assert len(github.statuses) == 1
    assert github.storage.answers.retry(github.project.id) == 1
    github.tell()
    assert len(github.statuses) == 2


def test_a_link_that_was_mended_is_tried_at_once(github: Telling) -> None:
    github.link(api="http://127.0.0.1:9")
    github.pushed()
    github.tell()
    assert len(github.owed()) == 1
    github.link()
    github.tell()
    assert github.statuses == [(HEAD, PUSH, "pending")]


def test_a_connection_that_is_gone_is_told(github: Telling) -> None:
    github.link(connection="other")
    github.pushed()
    github.tell()
    assert "no service connection 'other'" in github.owed()[0][2]


# Killed at any moment


def killed(telling: Telling, ending: str) -> None:
    """Tell, and be killed when the host has carried out a POST, but its answer was not seen."""
    telling.fake.lost = lambda request: request.method == "POST" and request.target.endswith(ending)
    telling.tell()
    assert "cannot be reached" in telling.owed()[0][2]
    telling.fake.lost = lambda _: False
    telling.restart()


def test_a_comment_whose_answer_was_never_seen_is_not_written_twice(github: Telling) -> None:
    github.run_through(github.pull())
    github.later(4)
    killed(github, "/comments")
    for _ in range(3):
        github.tell_later(2000)
    assert len(github.comments) == 1
    assert github.owed() == []


def test_a_check_run_whose_answer_was_never_seen_is_found_again(app: Telling) -> None:
    app.run_through(app.pushed())
    killed(app, "/check-runs")
    for _ in range(3):
        app.tell_later(2000)
    assert len(app.fake.state.checks) == 1
    assert next(iter(app.fake.state.checks.values()))["conclusion"] == "success"


def test_a_run_again_has_a_check_run_of_its_own(app: Telling) -> None:
    app.run_through(app.pushed(), Result.FAILED)
    app.tell()
    app.later(5)
    app.run_through(app.pushed())
    app.tell()
    assert [each["conclusion"] for each in app.fake.state.checks.values()] == ["failure", "success"]
    assert len({each["external_id"] for each in app.fake.state.checks.values()}) == 2


def test_what_changes_while_it_is_told_is_told_afterwards(github: Telling) -> None:
    run = github.pushed()

    def finish(_: Request) -> None:
        github.fake.after = lambda _: None
        github.run_through(run)

    github.fake.after = finish
    github.tell()
    assert github.statuses == [(HEAD, PUSH, "pending")]
    github.tell()
    assert github.statuses[-1] == (HEAD, PUSH, "success")


def test_a_run_that_was_removed_is_not_told_any_more(github: Telling) -> None:
    github.fake.down()
    github.run_through(github.pushed())
    github.tell()
    with github.storage.database.writing() as connection:
        connection.execute("DELETE FROM runs")
    github.fake.up()
    github.tell_later(2000)
    assert github.owed() == []
    assert github.statuses == []


def test_a_reply_is_written_once(github: Telling) -> None:
    assert github.storage.answers.say(github.project.id, 7, "No pipelines are here.", "comment 1")
    killed(github, "/comments")
    github.tell_later(2000)
    assert not github.storage.answers.say(github.project.id, 7, "Again.", "comment 1")
    github.tell_later()
    (comment,) = github.comments
    assert re.fullmatch(r"<!-- drivetrain: reply [0-9a-f]{20} -->\n\nNo pipelines are here.", comment)


def test_gitea_is_told_as_well(gitea: Telling) -> None:
    gitea.trained(gitea.run_through(gitea.pushed(OTHER)), {"loss": 0.5})
    run = gitea.run_through(gitea.pull(), Result.FAILED)
    gitea.trained(run, {"loss": 0.4})
    gitea.tell_later()
    assert gitea.statuses[-1] == (HEAD, PULLED, "failure")
    assert "| `loss` | **0.4** | 0.5 | −0.1 | 🟢 better |" in gitea.comments[0]  # noqa: RUF001 - a real minus


# The thread


def test_the_thread_tells_and_ends(github: Telling) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=github.answers.answering.serve, args=(stop,))
    thread.start()
    run = github.pushed()
    _until(lambda: len(github.statuses) == 1)
    github.later(10)
    github.run_through(run)
    github.later(10)
    _until(lambda: github.statuses[-1][2] == "success")
    _until(lambda: not github.owed())
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
