from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock, timestamp
from drivetrain.home import Home
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.run.model import RepositorySource, Result, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import Link
from drivetrain.source.model import Commit, Project, Reason, RefUpdate
from drivetrain.wire.answers.build import Answers, answers_of
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.storage import Storage
from tests.hosts.gitea import FakeGitea
from tests.hosts.github import FakeGitHub, FakeGitHubApp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from drivetrain.run.model import Run
    from tests.hosts.serving import FakeHost

HEAD, OTHER, MERGE = "a" * 40, "b" * 40, "c" * 40
PULL = PullRequest(7, "Better features", "ada", "refs/heads/feature/x", HEAD, "refs/heads/main", OTHER)
PUBLIC = "https://drivetrain.example.com"


class Telling:
    """A home with a project at a host, and who tells the host; no engine: runs are moved by hand."""

    def __init__(self, root: Path, fake: FakeHost, public_url: str = PUBLIC) -> None:
        self.fake = fake
        self.clock = FixedClock(datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
        self.home = Home(root)
        self.public_url = public_url
        self.storage = Storage(self.home, self.clock)
        self.project = self.storage.projects.add(Project(0, "churn", "https://host/acme/churn.git", "main"), {})
        self.link()
        self.restart()

    def link(self, **more: Any) -> None:
        credentials = self.fake.credentials()
        if not self.storage.library.items(ItemKind.SERVICE_CONNECTION, "churn"):
            kind = {"type": "elsewhere", "scheme": credentials.scheme, "url": "https://host"}
            edit = Edit(data=kind, secret=dict(credentials.parameters))
            LibraryBook(self.storage.library, "ada").add(ItemKind.SERVICE_CONNECTION, "host", edit, "churn")
        found = Link(self.project.id, self.fake.kind, self.fake.api, self.fake.state.name, "host", "key")
        self.storage.links.put(replace(found, **more), "hush")

    def restart(self) -> None:
        """As after a kill: nothing is known but what was kept."""
        self.storage = Storage(self.home, self.clock)
        self.answers: Answers = answers_of(self.storage, b"secret", self.public_url)

    def tell(self) -> None:
        """One look at everything, and every host told what is due."""
        answering = self.answers.answering
        answering.look()
        for due in answering._by_host().values():
            answering.tell(due, Event())

    def later(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def tell_later(self, seconds: float = 4) -> None:
        self.later(seconds)
        self.tell()

    # Runs

    def pushed(self, sha: str = HEAD, ref: str = "refs/heads/main", **more: Any) -> Run:
        source = RepositorySource("churn", "https://host/acme/churn.git", "/mirror", ref, Commit(sha, "Work"))
        new = NewRun("churn", "azure-pipelines.yml", Reason.INDIVIDUAL_CI, source, "ada", project_id=self.project.id)
        return self.storage.runs.create(
            replace(new, **more), None, number_key="k", number=lambda run_id, _, __: f"20261126.{run_id}"
        )

    def pull(self, pull: PullRequest = PULL, **more: Any) -> Run:
        return self.pushed(MERGE, pull.ref, reason=Reason.PULL_REQUEST, cause=PullRequestChanged(pull), **more)

    def move(self, run: Run, state: State, result: Result | None = None) -> None:
        now = timestamp(self.clock.now())
        change = RunChange(state=state, result=result, started_at=now if state is State.RUNNING else None,
                           finished_at=now if result else None)  # fmt: skip
        self.storage.runs.record(run.id, [], Changes(run=change))

    def run_through(self, run: Run, result: Result = Result.SUCCEEDED) -> Run:
        self.move(run, State.RUNNING)
        self.later(61)
        self.move(run, State.COMPLETED, result)
        return run

    def trained(self, run: Run, metrics: Mapping[str, float], name: str = "t") -> None:
        made = TrainingRun(
            f"{name}{run.id}", run.id, "Train", "1", "churn", name, "FINISHED", run.id, run.id, {}, metrics, {}
        )
        self.storage.training_runs.upsert(made)

    def event(self, outcome: str, pull: PullRequest = PULL) -> int:
        update = RefUpdate(self.project.id, pull.ref, "", pull.head_sha)
        once = f"pr {pull.number} {pull.head_sha} {outcome}"
        made = self.storage.source_events.add(update, Reason.PULL_REQUEST, PullRequestChanged(pull), once)
        assert made is not None
        self.storage.source_events.finish(made, None, outcome)
        return made

    # What the host has

    @property
    def statuses(self) -> list[tuple[str, str, str]]:
        return [(each["sha"], each["name"], each["state"]) for each in self.fake.state.statuses]

    @property
    def comments(self) -> list[str]:
        return [each.text for each in self.fake.state.comments.get(7, [])]

    def owed(self) -> list[tuple[str, int, str]]:
        return [(each.subject.name, each.tries, each.trouble) for each in self.storage.answers.owed()]


def made(root: Path, fake: FakeHost, **more: Any) -> Iterator[Telling]:
    telling = Telling(root, fake, **more)
    with closing(telling.storage.runs):
        yield telling
    fake.down()
    assert fake.wrong == []


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Telling]:
    yield from made(tmp_path / "home", FakeGitHub())


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Telling]:
    fake = FakeGitHubApp()
    telling = Telling(tmp_path / "home", fake)
    fake.clock = telling.clock
    yield telling
    fake.down()
    assert fake.wrong == []


@pytest.fixture
def gitea(tmp_path: Path) -> Iterator[Telling]:
    yield from made(tmp_path / "home", FakeGitea())


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Telling]:
    """A server that nobody else reaches."""
    yield from made(tmp_path / "home", FakeGitHub(), public_url="")
