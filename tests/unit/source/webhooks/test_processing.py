from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.source.events import Released
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.inbox import LOOK, PUSHED, Line
from drivetrain.source.webhooks.acting import Acting
from drivetrain.source.webhooks.processing import BUG_TRIES
from tests.unit.source.webhooks.payload_cases.case import HEAD, NEW, OLD, ZERO
from tests.unit.source.webhooks.world import World, case, churn, github

if TYPE_CHECKING:
    from tests.unit.source.webhooks.conftest import Site

HOSTS = [HostKind.GITHUB, HostKind.GITEA, HostKind.GITLAB, HostKind.AZURE_REPOS]
"""Those that tell whole commit ids."""


@pytest.fixture
def world(site: Site) -> World:
    return World(site)


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
