from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from msgspec.json import encode
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.source.events import PullRequest, PullRequestChanged, Released
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.inbox import LOOK, PUSHED, Line, read_words
from drivetrain.source.webhooks.acting import Acting
from drivetrain.source.webhooks.commenting import Commenting
from drivetrain.source.webhooks.heads import Heads
from drivetrain.source.webhooks.processing import BUG_TRIES, DeliveryProcessor
from drivetrain.source.webhooks.receiving import Answer
from tests.unit.source.webhooks import payloads
from tests.unit.source.webhooks.payloads import HEAD, NEW, OLD, ZERO, Case
from tests.unit.source.webhooks.test_receiving import signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project, SourceEvent
    from tests.unit.source.webhooks.conftest import Site

HOSTS = [HostKind.GITHUB, HostKind.GITEA, HostKind.GITLAB, HostKind.AZURE_REPOS]
"""Those that tell whole commit ids."""


@dataclass
class Writers:
    """A host that is asked who may write, and for a pull request; the rest of the Host port is not asked for here."""

    names: set[str]
    pull: PullRequest
    asked: list[str] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)

    def may_write(self, user: str) -> bool:
        self.asked.append(user)
        if self.trouble:
            raise self.trouble.pop()
        return user in self.names

    def pull_request(self, number: int) -> PullRequest:
        return replace(self.pull, number=number)


@dataclass
class World:
    site: Site
    host: Writers | None = None
    refs_of: dict[str, dict[str, str]] = field(default_factory=dict)
    now: float = 0.0
    said: list[str] = field(default_factory=list)
    guid: int = 0

    def refs(self, url: str) -> Mapping[str, str]:
        if url not in self.refs_of:
            raise UnavailableError(f"{url} does not answer")
        return self.refs_of[url]

    def processor(self, *, comments: bool) -> DeliveryProcessor:
        storage = self.site.storage
        heads = Heads(self)
        acting = Acting(storage.home.inbox, storage.source_events, storage.pull_requests, heads)
        commenting = Commenting(
            storage.source_events,
            storage.pull_requests,
            storage.replies,
            heads,
            lambda _: cast("Host | None", self.host),
            url="https://ci.example",
        )
        return DeliveryProcessor(
            storage.deliveries, storage.links, storage.projects, acting, commenting,
            comments=comments, report=self.said.append, steady=lambda: self.now,
        )  # fmt: skip

    def deliver(self, case: Case, *, key: str = "key-churn", secret: str = "", **more: Any) -> None:
        self.guid += 1
        body = encode({**case.body, **more, **({"id": f"e-{self.guid}"} if case.host is HostKind.AZURE_REPOS else {})})
        to = self.site.receiver.find(case.host, key)
        assert to is not None
        names = {"x-github-delivery", "x-gitea-delivery", "idempotency-key", "x-request-uuid"}
        headers = {
            **case.headers,
            **signed(case.host, body, secret or to.secret),
            **dict.fromkeys(names, str(self.guid)),
        }
        lower = {name.lower(): value for name, value in headers.items()}
        assert self.site.receiver.take(to, lower, body) is Answer.KEPT

    def process(self) -> list[tuple[str, str]]:
        """State and outcome of everything that was delivered, oldest first, after one round of both processors."""
        for comments in (False, True):
            self.processor(comments=comments).process()
        return [(each.state, each.outcome) for each in reversed(self.site.storage.deliveries.recent(limit=1000))]

    def come(self, case: Case, **more: Any) -> str:
        """Deliver and process; the outcome."""
        self.deliver(case, **more)
        return self.process()[-1][1]

    def words(self) -> list[tuple[int, str, tuple[Line, ...]]]:
        return [(word.project_id, word.hook, word.lines) for word in read_words(self.site.storage.home.inbox)]

    def events(self) -> list[SourceEvent]:
        return list(self.site.storage.source_events.pending())

    def changes(self) -> list[tuple[str, str, bool]]:
        """Action, head and state of what was taken in about pull requests."""
        causes = [each.cause for each in self.events()]
        return [
            (cause.action, cause.pull_request.head_sha, cause.pull_request.draft)
            for cause in causes
            if isinstance(cause, PullRequestChanged)
        ]


@pytest.fixture
def world(site: Site) -> World:
    return World(site)


def case(host: HostKind, what: str) -> Case:
    return next(each for each in payloads.CASES if each.host is host and each.what == what)


def github(what: str, **pull_request: Any) -> Case:
    found = case(HostKind.GITHUB, what)
    if not pull_request:
        return found
    body = {**found.body, "pull_request": {**found.body["pull_request"], **pull_request}}
    return Case(found.host, found.event, body, found.said, found.repository, what, found.headers)


def churn(world: World, host: HostKind = HostKind.GITHUB, repository: str = "lab/churn") -> Project:
    return world.site.project("churn", host, repository)


@pytest.mark.parametrize("host", HOSTS)
def test_a_push_leaves_word_as_a_git_hook_does(world: World, host: HostKind) -> None:
    project = churn(world, host, case(host, "push").repository)
    outcome = world.come(case(host, "push"))
    assert outcome == "churn: refs/heads/main moved from 11111111 to 22222222"
    assert world.words() == [(project.id, PUSHED, (Line(OLD, NEW, "refs/heads/main"),))]


def test_a_branch_that_was_deleted_moves_to_zero(world: World) -> None:
    project = churn(world)
    assert world.come(github("branch deleted")) == "churn: refs/heads/gone was deleted"
    assert world.words() == [(project.id, PUSHED, (Line(OLD, ZERO, "refs/heads/gone"),))]


@pytest.mark.parametrize(
    ("host", "what"), [(HostKind.GITEA, "branch deleted"), (HostKind.BITBUCKET, "push")], ids=lambda value: value
)
def test_where_nobody_says_from_where_to_where_the_repository_is_looked_at(
    world: World, host: HostKind, what: str
) -> None:
    project = churn(world, host)
    assert world.come(case(host, what)) == "churn: its repository is looked at"
    ((project_id, hook, _),) = world.words()
    assert (project_id, hook) == (project.id, LOOK)


def test_all_projects_of_the_repository_get_word_by_one_delivery(world: World) -> None:
    churn(world)
    second = world.site.project("another", HostKind.GITHUB, "Lab/Churn")
    world.site.project("elsewhere", HostKind.GITHUB, "lab/other")
    assert world.come(github("push")) == "another, churn: refs/heads/main moved from 11111111 to 22222222"
    assert {project for project, _, _ in world.words()} == {1, second.id}


def test_a_delivery_about_another_repository_is_ignored(world: World) -> None:
    churn(world, repository="lab/other")
    world.site.project("theirs", HostKind.GITHUB, "lab/churn", secret="another secret")
    said = "ignored: it is about lab/churn; this webhook is that of lab/other"
    assert world.come(github("push")) == said
    assert world.come(case(HostKind.GITHUB, "push"), repository=None).startswith("ignored: it names no repository")
    assert world.words() == []


def test_what_a_stranger_writes_makes_no_second_line_in_the_log(world: World) -> None:
    churn(world)
    name = "evil/x\n2026-11-26 INFO forged\x1b[2J" + "y" * 5000
    outcome = world.come(github("push"), repository={"full_name": name})
    assert outcome.startswith("ignored: it is about evil/x\N{REPLACEMENT CHARACTER}2026")
    assert all(line.isprintable() for line in world.said)
    assert len(outcome) <= 2000


def test_webhooks_that_share_a_secret_are_one(world: World) -> None:
    """As all those of a GitHub App are: it delivers everything to one address."""
    churn(world, repository="lab/other")
    theirs = world.site.project("theirs", HostKind.GITHUB, "lab/churn")
    assert world.come(github("push")).startswith("theirs: refs/heads/main moved")
    assert [project for project, _, _ in world.words()] == [theirs.id]


HOSTILE = [
    "refs/heads/$(reboot)", "refs/heads/;rm${IFS}-rf", "refs/heads/`id`", "refs/heads/<script>", "refs/tags/'quoted'",
]  # fmt: skip


@pytest.mark.parametrize("ref", HOSTILE)
def test_a_hostile_name_of_a_branch_is_a_name(world: World, ref: str) -> None:
    project = churn(world)
    world.come(github("push"), ref=ref)
    assert world.words() == [(project.id, PUSHED, (Line(OLD, NEW, ref),))]


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/a\nb", f"refs/heads/x\n{OLD} {NEW} refs/heads/main", "refs/heads/a b", "refs/heads/../../x",
     "refs/heads/-\x00", "refs/heads/" + "x" * 600, "refs/heads/x.lock", "refs/heads/"],
)  # fmt: skip
def test_what_can_be_no_branch_leaves_no_word(world: World, ref: str) -> None:
    churn(world)
    world.deliver(github("push"), ref=ref)
    ((state, outcome),) = world.process()
    assert state == "failed"
    assert "branch or tag" in outcome
    assert world.words() == []


def test_other_refs_and_wrong_commits_leave_no_word(world: World) -> None:
    churn(world)
    assert world.come(github("push"), ref="refs/notes/commits") == "churn: neither a branch nor a tag moved"
    assert "is looked at" in world.come(github("push"), before="$(reboot)", after="")
    assert [hook for _, hook, _ in world.words()] == [LOOK]


def test_a_pull_request_is_taken_in_once_for_each_commit(world: World) -> None:
    project = churn(world)
    assert world.come(github("pull request")) == "churn: pull request 7: event 1"
    assert world.come(github("pull request"), action="edited") == "churn: pull request 7: nothing new to run"
    later = {"sha": NEW, "ref": "deeper", "repo": {"full_name": "lab/churn"}}
    assert world.come(github("pull request", head=later, updated_at="2026-11-20T09:00:00Z")).endswith("event 2")
    assert world.changes() == [("updated", HEAD, False), ("updated", NEW, False)]
    (first, _) = world.events()
    assert (first.update.ref, first.update.old_sha, first.reason) == ("refs/pull/7/merge", OLD, "PullRequest")
    known = world.site.storage.pull_requests.get(project.id, 7)
    assert known is not None
    assert (known.pull_request.head_sha, known.changed_at) == (NEW, "2026-11-20T09:00:00.000Z")


def test_a_pull_request_goes_through_its_life(world: World) -> None:
    churn(world)
    draft, closed = {"draft": True}, {"state": "closed"}
    for change in (
        {},
        draft,
        {},
        {"base": {"ref": "release", "sha": OLD}},
        closed,
        closed,
        {},
        {**closed, "merged": True},
    ):
        world.come(github("pull request", **{"base": {"ref": "main", "sha": OLD}, **change}))
    assert [action for action, _, _ in world.changes()] == [
        "updated", "ready", "retargeted", "closed", "reopened", "merged",
    ]  # fmt: skip
    assert world.site.storage.pull_requests.open(1) == []


def test_word_of_an_older_state_changes_nothing(world: World) -> None:
    project = churn(world)
    world.come(github("pull request", head={"sha": NEW, "ref": "deeper"}, updated_at="2026-11-20T09:00:00Z"))
    outcome = world.come(github("pull request"))
    assert outcome == "churn: pull request 7 has changed since: word of that came before this"
    known = world.site.storage.pull_requests.get(project.id, 7)
    assert known is not None
    assert known.pull_request.head_sha == NEW
    assert world.changes() == [("updated", NEW, False)]


def test_a_kill_between_event_and_word_makes_no_second_event(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    churn(world)
    world.deliver(github("pull request closed"))
    with monkeypatch.context() as patch:
        patch.setattr(type(world.site.storage.deliveries), "finish", lambda *_, **__: None)
        world.process()
    world.process()
    assert [action for action, _, _ in world.changes()] == ["closed"]


@pytest.mark.parametrize("fork", [False, True])
def test_bitbucket_tells_the_beginning_of_a_commit_and_the_repository_the_rest(world: World, *, fork: bool) -> None:
    churn(world, HostKind.BITBUCKET)
    what = case(HostKind.BITBUCKET, "draft from a fork" if fork else "pull request")
    url = "https://host.example/lab/churn.git"
    if fork:
        assert "another host" in world.come(what)
        return
    assert not world.events()
    world.deliver(what)
    assert world.process() == [("new", "")]
    assert "tried again" in world.said[-1]
    world.refs_of[url] = {"refs/heads/deeper": NEW}
    world.now = 1000.0
    assert world.process()[-1][1].endswith("has another commit by now, which comes in another delivery")
    world.refs_of[url] = {"refs/heads/deeper": HEAD}
    world.come(what)
    assert world.changes() == [("updated", HEAD, False)]
    assert world.come(case(HostKind.BITBUCKET, "pull request merged")).endswith("event 2")


@pytest.mark.parametrize("host", [HostKind.GITHUB, HostKind.GITEA, HostKind.GITLAB])
def test_a_release_is_an_event_for_people(world: World, host: HostKind) -> None:
    churn(world, host, case(host, "release").repository)
    assert [world.come(case(host, "release")) for _ in range(2)] == [
        "churn: release v1: event 1",
        "churn: release v1 was known",
    ]
    (event,) = world.events()
    assert (event.cause, event.update.ref) == (Released("v1", "One"), "refs/tags/v1")


def asked(text: str, host: HostKind = HostKind.GITHUB, number: int = 99, association: str = "MEMBER") -> dict[str, Any]:
    body = case(host, "comment").body
    comment = {**body["comment"], "body": text, "id": number, "author_association": association}
    return {**body, "comment": comment}


def by_comment(world: World, text: str, **more: Any) -> str:
    return world.come(github("comment"), **asked(text, **more))


@pytest.fixture
def host(world: World) -> Writers:
    world.host = Writers({"ada"}, replace(payloads.pull_request(), base_sha=OLD))
    return world.host


def replies(world: World) -> list[str]:
    return [each.text.partition("\n")[0] for each in world.site.storage.replies.waiting()]


def test_a_collaborators_word_runs_every_pipeline_of_the_pull_request(world: World, host: Writers) -> None:
    churn(world)
    world.site.project("another", HostKind.GITHUB, "lab/churn")
    assert by_comment(world, "/AZP run") == "/azp run: event 1, 2"
    assert world.changes() == [("asked", HEAD, False)] * 2
    assert [cause.asked_by for each in world.events() if isinstance(cause := each.cause, PullRequestChanged)] == [
        "ada"
    ] * 2
    assert replies(world) == ["Asked for runs of `another`, `churn`."]
    assert host.asked == ["ada"]


def test_a_comment_counts_once_however_often_it_comes(world: World, host: Writers) -> None:
    churn(world)
    assert by_comment(world, "/azp run churn") == "/azp run: event 1"
    assert by_comment(world, "/azp run churn") == "/azp run: done before"
    assert by_comment(world, "/azp run churn", number=100) == "/azp run: event 2"
    assert len(replies(world)) == 2
    assert len(host.asked) == 3


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/azp list", "Pipelines of this repository:"),
        ("/azp where", "The pipelines of this repository are run by Drivetrain at https://ci.example."),
        ("/azp help", "Comments that people with write access may give:"),
        ("/azp frob", "`/azp frob` is no command."),
        ("/azp run other", "There is no pipeline `other` for this repository."),
    ],
)
def test_other_commands_are_answered_and_run_nothing(world: World, host: Writers, text: str, answer: str) -> None:
    churn(world)
    by_comment(world, text)
    assert replies(world) == [answer]
    assert world.events() == []
    assert host.asked == ["ada"]


@pytest.mark.parametrize("text", ["/azp run", "/azp list", "/azp help"])
def test_who_may_not_write_is_not_answered(world: World, host: Writers, text: str) -> None:
    churn(world)
    host.names = {"grace"}
    assert by_comment(world, text).endswith("ada may not write to lab/churn, as far as is known")
    assert (world.events(), replies(world)) == ([], [])


def test_what_people_say_to_each_other_asks_nobody(world: World, host: Writers) -> None:
    churn(world)
    assert by_comment(world, "looks good") == "a comment for people only"
    assert host.asked == []


@pytest.mark.parametrize(("association", "taken"), [("OWNER", True), ("MEMBER", False), ("NONE", False)])
def test_where_nobody_can_be_asked_only_the_owner_is_sure(world: World, association: str, *, taken: bool) -> None:
    churn(world)
    world.come(github("pull request"))
    by_comment(world, "/azp run", association=association)
    assert [action for action, _, _ in world.changes()] == ["updated", *(["asked"] if taken else [])]


def test_a_closed_pull_request_runs_no_more(world: World, host: Writers) -> None:
    churn(world)
    host.pull = replace(host.pull, state="merged")
    assert by_comment(world, "/azp run") == "pull request 7 is merged"
    assert world.events() == []


def test_a_host_that_is_down_or_busy_is_asked_again_later(world: World, host: Writers) -> None:
    churn(world)
    host.trouble = [RateLimitedError("slower", wait_seconds=77), UnavailableError("down")]
    processor = world.processor(comments=True)
    world.deliver(github("comment"))
    for now, tried in ((0.0, 1), (0.5, 1), (1.5, 2), (70.0, 2), (80.0, 3)):
        world.now = now
        processor.process()
        assert len(host.asked) == tried
    assert [action for action, _, _ in world.changes()] == ["asked"]


def test_one_that_waits_holds_up_no_other(world: World, host: Writers) -> None:
    churn(world)
    host.trouble = [UnavailableError("down")]
    for number in range(40):
        world.deliver(github("comment"), **asked("/azp run", number=number + 1))
    world.process()
    assert len(world.events()) == 39


def test_a_bug_is_tried_again_and_then_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    churn(world)
    world.deliver(github("push"))
    processor = world.processor(comments=False)

    def broken(*_: object) -> str:
        raise RuntimeError("oh")

    monkeypatch.setattr(Acting, "pushed", broken)
    for number in range(BUG_TRIES):
        world.now = number * 1000.0
        processor.process()
    ((state, outcome),) = world.process()
    assert (state, outcome) == ("failed", "a bug: RuntimeError: oh")
    monkeypatch.undo()
    world.site.storage.deliveries.replay(1)
    assert world.process() == [("done", "churn: refs/heads/main moved from 11111111 to 22222222")]


def test_a_link_that_is_gone(world: World) -> None:
    project = churn(world)
    world.deliver(github("push"))
    world.site.storage.links.remove(project.id)
    ((state, outcome),) = world.process()
    assert (state, outcome) == ("failed", "its webhook is not known any more")


def test_another_server_of_the_same_kind_is_another_host(world: World) -> None:
    churn(world)
    other = world.site.project("enterprise", HostKind.GITHUB, "lab/churn")
    link = Link(other.id, HostKind.GITHUB, "https://ghe.example/api/v3", "lab/churn", key="key-enterprise")
    world.site.storage.links.put(link, "")
    assert world.come(github("push")).startswith("churn: ")
