from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.source.events import PullRequestChanged
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.hosts.model import HostKind
from tests.unit.source.webhooks.payload_cases.case import HEAD, OLD, pull_request
from tests.unit.source.webhooks.world import World, Writers, case, churn, github

if TYPE_CHECKING:
    from tests.unit.source.webhooks.conftest import Site


@pytest.fixture
def world(site: Site) -> World:
    return World(site)


def asked(text: str, host: HostKind = HostKind.GITHUB, number: int = 99, association: str = "MEMBER") -> dict[str, Any]:
    body = case(host, "comment").body
    comment = {**body["comment"], "body": text, "id": number, "author_association": association}
    return {**body, "comment": comment}


def by_comment(world: World, text: str, **more: Any) -> str:
    return world.come(github("comment"), **asked(text, **more))


@pytest.fixture
def host(world: World) -> Writers:
    world.host = Writers({"ada"}, replace(pull_request(), base_sha=OLD))
    return world.host


def replies(world: World) -> list[str]:
    return [each.text.partition("\n")[0] for each in world.site.storage.answers.owed()]


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
