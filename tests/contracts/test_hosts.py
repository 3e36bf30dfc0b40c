"""What every client of a host must do, each against a server that answers in its host's own shapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.clients import client
from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.hosts.model import Annotation, Link, Report, Verdict
from tests.hosts.azure_repos import FakeAzureRepos
from tests.hosts.bitbucket import FakeBitbucket
from tests.hosts.gitea import FakeGitea
from tests.hosts.github import FakeEnterprise, FakeGitHub, FakeGitHubApp
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.serving import TOKEN, Comment, FakeHost, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.source.hosts.ports import Host

FAKES: list[type[FakeHost]] = [
    FakeGitHub,
    FakeEnterprise,
    FakeGitHubApp,
    FakeGitea,
    FakeGitLab,
    FakeBitbucket,
    FakeAzureRepos,
]
HEAD, BASE, MERGE, TAG = "a" * 40, "b" * 40, "c" * 40, "d" * 40
HOOK = "https://drivetrain.example.com/hooks/x/unguessable"
MARKED = "<!-- drivetrain: churn -->\n\nAll is well."
PULL = PullRequest(7, "Better features", "ada", "refs/heads/feature/x", HEAD, "refs/heads/main", BASE)


@pytest.fixture(params=FAKES, ids=lambda each: each.__name__.removeprefix("Fake"))
def fake(request: pytest.FixtureRequest) -> Iterator[FakeHost]:
    made = request.param()
    yield made
    made.down()
    assert made.wrong == []


def link(fake: FakeHost, repository: str = "") -> Link:
    return Link(1, fake.kind, fake.api, repository or fake.state.name)


@pytest.fixture
def host(fake: FakeHost) -> Host:
    made = client(link(fake), fake.credentials())
    assert made is not None
    return made


def test_the_repository(fake: FakeHost, host: Host) -> None:
    found = host.repository()
    assert (found.name, found.branch, found.private, found.admin) == (fake.state.name, "main", True, True)
    assert found.url.startswith("https://")
    assert found.url.endswith(("/churn", "/churn.git"))
    assert "@" not in found.url
    assert fake.asked("GET")[-1].body == b""


def test_repositories_come_from_all_pages(host: Host) -> None:
    names = {each.name.removeprefix("contoso/") for each in host.repositories()}
    assert names >= {"acme/churn", "acme/other0", "acme/other2"}


def test_refs_and_a_mark_that_says_whether_they_changed(fake: FakeHost, host: Host) -> None:
    fake.state.refs |= {"refs/heads/main": HEAD, "refs/heads/a/b": BASE, "refs/tags/v1": TAG}
    mark, refs = host.refs()
    if not fake.tells_refs:
        assert refs is None
        fake.state.refs["refs/heads/main"] = MERGE
        assert host.refs(mark)[0] != mark
        return
    assert refs == {"refs/heads/main": HEAD, "refs/heads/a/b": BASE, "refs/tags/v1": TAG}
    assert host.refs(mark) == (mark, None)
    fake.state.refs["refs/heads/main"] = MERGE
    other, refs = host.refs(mark)
    assert refs == {"refs/heads/main": MERGE, "refs/heads/a/b": BASE, "refs/tags/v1": TAG}
    assert other != mark
    del fake.state.refs["refs/tags/v1"]
    assert host.refs(other)[1] == {"refs/heads/main": MERGE, "refs/heads/a/b": BASE}


def test_open_pull_requests_come_from_all_pages(fake: FakeHost, host: Host) -> None:
    for number in range(1, 6):
        fake.state.pulls[number] = replace(PULL, number=number, state="closed" if number == 2 else "open")
    assert [each.number for each in host.pull_requests()] == [1, 3, 4, 5]


@pytest.mark.parametrize(
    "said",
    [
        PULL,
        replace(PULL, draft=True),
        replace(PULL, fork=True),
        replace(PULL, state="closed"),
        replace(PULL, state="merged", merge_sha=MERGE),
        replace(PULL, title="$(reboot) <img src=x> @everyone\u202e", source="refs/heads/$(reboot)"),
    ],
    ids=["open", "draft", "fork", "closed", "merged", "hostile"],
)
def test_a_pull_request(fake: FakeHost, host: Host, said: PullRequest) -> None:
    fake.state.pulls[7] = said
    found = host.pull_request(7)
    assert replace(found, url="", source_url="") == replace(said, base_sha=BASE if fake.tells_base else "")
    assert bool(found.source_url) is (said.fork and fake.tells_fork)


def test_who_may_write(fake: FakeHost, host: Host) -> None:
    fake.state.writers.add("ada")
    assert host.may_write("ada")
    assert not host.may_write("eve")
    assert not host.may_write("nobody")


def test_a_webhook_is_made_changed_tried_and_removed(fake: FakeHost, host: Host) -> None:
    for each in range(3):
        host.create_webhook(f"https://other.example.com/{each}", "other")
    known = host.create_webhook(HOOK, "hush")
    assert {hook.url: hook.secret for hook in fake.state.hooks.values()}[HOOK] == "hush"
    known = host.create_webhook(HOOK, "new")
    assert [hook.secret for hook in fake.state.hooks.values() if hook.url == HOOK] == ["new"]
    assert len(fake.state.hooks) == 4
    host.test_webhook(known)
    host.remove_webhook(known)
    host.remove_webhook(known)
    assert HOOK not in {hook.url for hook in fake.state.hooks.values()}


def report(verdict: Verdict, **more: Any) -> Report:
    return Report("churn", HEAD, verdict, "All 3 jobs succeeded", "https://d.example.com/runs/7", "# Summary", **more)


def test_reports_of_one_name_follow_each_other(fake: FakeHost, host: Host) -> None:
    key = host.report(report(Verdict.PENDING))
    key = host.report(report(Verdict.RUNNING, key=key))
    assert host.report(report(Verdict.SUCCEEDED, key=key, finished_at="2026-01-02T03:04:05.678Z")) == key
    assert _last(fake)["url"] == "https://d.example.com/runs/7"
    assert _last(fake)["state"] in {"success", "SUCCESSFUL", "succeeded"}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_can_be_told_without_a_page(fake: FakeHost, host: Host, verdict: Verdict) -> None:
    host.report(replace(report(verdict), url="", title="t" * 500))
    assert fake.wrong == []
    assert _last(fake)["name"] == "churn"


def _last(fake: FakeHost) -> dict[str, Any]:
    """The newest report, a check run by the names of a status."""
    found = fake.state.statuses[-1]
    if "check" not in found:
        return found
    check = fake.state.checks[found["check"]]
    return {**check, "url": check.get("details_url", ""), "state": check.get("conclusion")}


def test_a_comment_is_written_changed_and_written_anew(fake: FakeHost, host: Host) -> None:
    known = host.comment(7, "Hello.")
    assert host.comment(7, "Hello again.", known) == known
    assert [each.text for each in fake.state.comments[7]] == ["Hello again."]
    fake.state.comments[7].clear()
    assert host.comment(7, "Back.", known) != known
    assert [each.text for each in fake.state.comments[7]] == ["Back."]


def test_a_marked_comment_of_ours_is_found_and_that_of_another_left(fake: FakeHost, host: Host) -> None:
    fake.state.comments[7] = [Comment("1", "eve", MARKED), Comment("2", "eve", "Hi"), Comment("3", "eve", "Ho")]
    known = host.comment(7, MARKED)
    assert known not in {"1", "2", "3"}
    assert host.comment(7, MARKED.replace("well", "bad")) == known
    assert [each.text for each in fake.state.comments[7] if each.author == "eve"] == [MARKED, "Hi", "Ho"]
    assert len(fake.state.comments[7]) == 4


def test_what_is_not_there(fake: FakeHost) -> None:
    host = client(link(fake, fake.state.name.replace("churn", "gone")), fake.credentials())
    assert host is not None
    for ask in (host.repository, host.refs, lambda: host.pull_request(7)):
        with pytest.raises(NotFoundError):
            ask()


def test_without_credentials_there_is_no_client(fake: FakeHost) -> None:
    assert client(link(fake), None) is None


def test_wrong_credentials_are_told_without_them(fake: FakeHost) -> None:
    host = client(link(fake), Credentials("Token", {"apitoken": "wrong-token-123"}))
    assert host is not None
    with pytest.raises(UserError, match="does not take the credentials") as raised:
        host.repository()
    assert "wrong-token-123" not in str(raised.value) + raised.value.hint


def test_a_missing_right_is_named(fake: FakeHost, host: Host) -> None:
    host.repository()
    fake.refusals.append(Reply(403, {"message": "Resource not accessible"}))
    with pytest.raises(UserError, match="does not let the credentials") as raised:
        host.create_webhook(HOOK, "hush")
    assert not isinstance(raised.value, NotFoundError)
    assert "they need the right: " in raised.value.hint


@pytest.mark.parametrize(("headers", "least", "most"), [({"Retry-After": "17"}, 17, 17), ({}, 30, 120)])
def test_a_rate_limit_says_how_long(
    fake: FakeHost, host: Host, headers: dict[str, str], least: float, most: float
) -> None:
    host.repository()
    fake.refusals.append(Reply(429, {"message": "slow down"}, headers))
    with pytest.raises(RateLimitedError) as raised:
        host.comment(7, "Hello.", "1")
    assert least <= raised.value.wait_seconds <= most


def test_a_failing_host_is_unavailable_and_nothing_is_sent_twice(fake: FakeHost, host: Host) -> None:
    host.repository()
    before = len(fake.asked("POST"))
    fake.refusals.append(Reply(502, {"message": "bad gateway"}))
    with pytest.raises(UnavailableError, match="502"):
        host.comment(7, "Hello.")
    assert len(fake.asked("POST")) == before + 1


def test_a_host_that_is_gone_is_unavailable_until_it_is_back(fake: FakeHost, host: Host) -> None:
    host.repository()
    fake.down()
    with pytest.raises(UnavailableError, match="cannot be reached"):
        host.comment(7, "Hello.")
    fake.up()
    host.comment(7, "Hello.")
    assert len(fake.state.comments[7]) == 1


def test_a_redirect_within_the_host_is_followed_and_one_away_is_not(fake: FakeHost, host: Host) -> None:
    host.repository()
    fake.requests.clear()
    host.repository()
    place = fake.asked("GET")[0].target
    fake.refusals.append(Reply(301, None, {"Location": place}))
    assert host.repository().name == fake.state.name
    fake.refusals.append(Reply(302, None, {"Location": f"http://localhost:{fake.port}{place}"}))
    with pytest.raises(UserError, match="localhost, which is not given the credentials"):
        host.repository()


def test_an_echoed_token_is_masked(fake: FakeHost) -> None:
    host = client(link(fake), Credentials("Token", {"apitoken": TOKEN}))
    assert host is not None
    fake.refusals.append(Reply(400, {"message": f"no such token {TOKEN}\n\x1b[31m"}))
    with pytest.raises(UserError) as raised:
        host.repository()
    assert TOKEN not in str(raised.value)
    assert str(raised.value).isprintable()


# A GitHub App


@pytest.fixture
def app() -> Iterator[FakeGitHubApp]:
    made = FakeGitHubApp()
    yield made
    made.down()
    assert made.wrong == []


def test_a_token_of_an_app_is_kept_until_shortly_before_its_end(app: FakeGitHubApp) -> None:
    clock = FixedClock(datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
    app.clock = clock
    host = client(link(app), app.credentials(), clock)
    assert host is not None
    host.repository()
    clock.at += timedelta(minutes=58)
    host.repository()
    assert len(app.tokens) == 1
    clock.at += timedelta(minutes=1, seconds=30)
    host.repository()
    assert len(app.tokens) == 2


def test_a_key_that_is_none_is_told(app: FakeGitHubApp) -> None:
    host = client(link(app), Credentials("App", {"appId": "1", "privateKey": "-----BEGIN nothing-----"}))
    assert host is not None
    with pytest.raises(UserError, match="no RSA key") as raised:
        host.repository()
    assert "BEGIN" not in str(raised.value)


def annotated(count: int, **more: Any) -> Report:
    every = tuple(Annotation("src/train.py", line, f"problem {line}", "warning") for line in range(1, count + 1))
    return report(Verdict.FAILED, annotations=every, reference="run 7", **more)


def test_annotations_are_sent_fifty_at_a_time_and_once(app: FakeGitHubApp) -> None:
    host = client(link(app), app.credentials())
    assert host is not None
    key = host.report(report(Verdict.RUNNING))
    assert host.report(annotated(120, key=key)) == key
    check = app.state.checks[key]
    assert [each["start_line"] for each in check["annotations"]] == list(range(1, 121))
    assert (check["status"], check["conclusion"]) == ("completed", "failure")
    host.report(annotated(120, key=key))
    assert len(check["annotations"]) == 120


def test_a_check_run_is_found_again_when_its_id_was_lost_half_way(app: FakeGitHubApp) -> None:
    host = client(link(app), app.credentials())
    assert host is not None
    host.report(report(Verdict.RUNNING, reference="run 7"))
    key = host.report(annotated(70))
    assert len(app.state.checks) == 1
    assert len(app.state.checks[key]["annotations"]) == 70
    app.refusals.clear()
    host.report(annotated(70))
    assert len(app.state.checks[key]["annotations"]) == 70
    del app.state.checks[key]
    assert host.report(annotated(3, key=key)) != key


# The others


def test_gitlab_refuses_what_changes_nothing_and_that_is_as_good_as_taken() -> None:
    fake = FakeGitLab()
    host = client(link(fake), fake.credentials())
    assert host is not None
    host.report(report(Verdict.RUNNING))
    host.report(report(Verdict.RUNNING))
    assert len(fake.state.statuses) == 1
    fake.down()


def test_bitbucket_shows_annotations_in_a_report_a_hundred_at_a_time() -> None:
    fake = FakeBitbucket()
    host = client(link(fake), fake.credentials())
    assert host is not None
    host.report(annotated(150))
    host.report(annotated(150))
    assert fake.wrong == []
    assert sorted(each["line"] for each in fake.annotations.values()) == list(range(1, 151))
    assert [each["result"] for each in fake.reports.values()] == ["FAILED"]
    fake.down()


def test_azure_sends_a_foreign_token_to_a_page_and_that_is_no_json() -> None:
    fake = FakeAzureRepos()
    host = client(link(fake), fake.credentials())
    assert host is not None
    fake.refusals.append(Reply(203, "<html>Sign in</html>", {"Content-Type": "text/html"}))
    with pytest.raises(UserError, match="does not take the credentials"):
        host.repository()
    fake.state.admin = False
    assert not host.repository().admin
    fake.down()
