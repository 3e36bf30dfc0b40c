"""Comments that ask for something, from the delivery to the answer at the host, which is asked who may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.json import encode
from msgspec.structs import replace

from drivetrain.errors import DrivetrainError
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.receiving import Answer
from drivetrain.wire.hosts.hooking import Hooking
from tests.hosts.azure_repos import FakeAzureRepos
from tests.hosts.bitbucket import FakeBitbucket
from tests.hosts.gitea import FakeGitea
from tests.hosts.github import FakeGitHub
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.serving import Reply
from tests.unit.source.webhooks import payloads
from tests.unit.source.webhooks.payload_cases import bitbucket
from tests.unit.source.webhooks.signing import signed
from tests.unit.wire.answers.conftest import PULL, Telling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hosts.serving import FakeHost

FAKES: dict[HostKind, type[FakeHost]] = {
    HostKind.GITHUB: FakeGitHub,
    HostKind.GITEA: FakeGitea,
    HostKind.GITLAB: FakeGitLab,
    HostKind.BITBUCKET: FakeBitbucket,
    HostKind.AZURE_REPOS: FakeAzureRepos,
}
WRITER = {HostKind.AZURE_REPOS: "ada@example.org"}
"""Who writes the comments, as the stand-ins know them; elsewhere it is ada."""


class Asking:
    """A host that delivers comments, and is asked and answered."""

    def __init__(self, root: Path, fake: FakeHost) -> None:
        self.telling = Telling(root, fake)
        self.fake = fake
        fake.state.pulls[7] = PULL
        self.storage = self.telling.storage
        self.hooking = Hooking(self.storage, self.storage.git, self.storage.hosts.client, url="https://ci.example")

    def comment(self, text: str, number: int = 1) -> str:
        """Deliver the comment that the host documents, with another text; what came of it."""
        case = next(each for each in payloads.CASES if each.host is self.fake.kind and each.what == "comment")
        body = with_comment(case.body, case.repository, self.fake.state.name, text, number)
        to = self.hooking.receiver.find(self.fake.kind, "key")
        assert to is not None
        headers = {
            name.lower(): value for name, value in {**case.headers, **signed(self.fake.kind, body, "hush")}.items()
        }
        assert self.hooking.receiver.take(to, headers, body) is Answer.KEPT
        self.hooking._processors[True].process()
        return self.storage.deliveries.recent(limit=1)[0].outcome

    def tell(self) -> list[str]:
        """Answer what waits; the first lines of what people read at the host."""
        self.telling.tell()
        found = self.fake.state.comments.get(7, [])
        return [each.text.partition("-->\n\n")[2].partition("\n")[0] for each in found]


def with_comment(body: dict[str, Any], repository: str, name: str, text: str, number: int) -> bytes:
    """The delivery about another repository, by ada, with another text and id."""
    told = encode(body).decode()
    organization, project, *more = name.split("/")
    changes = {
        repository: name,
        "/azp run": text,
        "/azp list": text,
        "dev.azure.com/fabrikam/Lab/_git/churn": f"dev.azure.com/{organization}/{project}/_git/{''.join(more)}",
        '"name":"Lab"': f'"name":"{project}"',
        '"username":"mona"': '"username":"ada"',
        bitbucket.ACCOUNT: "{ada}",
        '"id":12': f'"id":12{number}',
        '"id":99': f'"id":99{number}',
        "comments/1": f"comments/1{number}",
        '"id":"9a1c0b9c': f'"id":"{number}a1c0b9c',
    }
    for before, after in changes.items():
        told = told.replace(before, after)
    return told.encode()


@pytest.fixture(params=list(FAKES))
def asking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asking]:
    fake = FAKES[request.param]()
    yield Asking(tmp_path, fake)
    fake.down()
    assert fake.wrong == []


def test_who_may_write_is_heard_and_answered_once(asking: Asking) -> None:
    asking.fake.state.writers = {WRITER.get(asking.fake.kind, "ada")}
    assert asking.comment("/azp list") == "/azp list: answered"
    assert asking.tell() == ["Pipelines of this repository:"]
    assert asking.tell() == ["Pipelines of this repository:"]
    assert asking.comment("/azp run", 2) == "/azp run: event 1"
    assert asking.tell() == ["Pipelines of this repository:", "Asked for a run of `churn`."]


def test_a_stranger_is_not_heard(asking: Asking) -> None:
    asking.fake.state.writers = {"somebody-else"}
    assert "may not write" in asking.comment("/azp run")
    assert asking.tell() == []
    assert not asking.storage.source_events.pending()


@pytest.fixture
def gitea(tmp_path: Path) -> Iterator[Asking]:
    fake = FakeGitea()
    found = Asking(tmp_path, fake)
    fake.state.writers = {"ada"}
    yield found
    fake.down()


def test_an_answer_that_is_not_let_is_kept_and_does_not_hold_up_the_others(gitea: Asking) -> None:
    gitea.comment("/azp help")
    gitea.comment("/azp list", 2)
    gitea.fake.refusals.append(Reply(403, {"message": "no"}))
    assert len(gitea.tell()) == 1
    (owed,) = gitea.storage.answers.owed()
    assert "does not let the credentials" in owed.trouble
    gitea.storage.answers.retry()
    assert len(gitea.tell()) == 2


def test_a_connection_that_is_gone_is_an_outcome(gitea: Asking) -> None:
    link = gitea.storage.links.get(gitea.telling.project.id)
    assert link is not None
    gitea.storage.links.put(replace(link, connection="gone"), "")
    with pytest.raises(DrivetrainError):
        gitea.storage.hosts.of(gitea.telling.project.id)
    assert "gone" in gitea.comment("/azp help")
    assert gitea.storage.deliveries.recent()[0].state == "failed"
