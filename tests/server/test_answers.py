"""A host is told how runs go: a real server, a host's API over HTTP, and kills in between."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

import httpx
import pytest

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import Link
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage
from tests.hosts.github import FakeGitHub
from tests.hosts.serving import Reply
from tests.server.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.hosts.serving import Request
    from tests.server.conftest import World

PUBLIC = "http://127.0.0.1:9"
PIPELINE = """
steps:
- bash: |
    echo '##vso[task.logissue type=warning;sourcepath=train.py;linenumber=3]slow'
    [ "$(Build.Reason)" != PullRequest ] || [ ! -e bad ]
"""


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    yield fake
    fake.down()
    assert fake.wrong == []


class Project:
    """A project at a host, and its server."""

    def __init__(self, world: World, fake: FakeGitHub) -> None:
        self.world, self.fake = world, fake
        world.repository(PIPELINE)
        self.main = world.commit("Main", train__py="")
        self.push("main")
        fake.repositories = world.root
        fake.state.branch = "main"
        world.home.root.mkdir()
        (world.home.root / "config.toml").write_text(f'public_url = "{PUBLIC}"\nbadges = "public"\n')
        url = f"http://127.0.0.1:{fake.port}"
        world.cli("project", "add", f"{url}/git/{world.bare.name}", "--name", "churn", "--poll", "0.5", "--run-now")
        self.storage = Storage(world.home)
        (self.project,) = self.storage.projects.all()
        edit = Edit(data={"type": "github", "url": url}, secret=dict(fake.credentials().parameters))
        LibraryBook(self.storage.library, "ada").add(ItemKind.SERVICE_CONNECTION, "gh", edit, "churn")
        link = Link(self.project.id, fake.kind, fake.api, fake.state.name, "gh", "key")
        self.storage.links.put(link, "hush")

    def push(self, *refs: str) -> None:
        self.world.push(*refs)
        lines = self.world.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.world.bare).splitlines()
        self.fake.state.refs = dict(line.split(" ") for line in lines)

    def states(self, name: str, sha: str) -> list[str]:
        return [each["state"] for each in self.fake.state.statuses if (each["name"], each["sha"]) == (name, sha)]

    def pull(self, **files: str) -> str:
        self.world.git("checkout", "--quiet", "-B", "feature/$(reboot)", "main")
        head = self.world.commit("Feature", **files)
        self.push("HEAD:refs/pull/7/head")
        target = "refs/heads/main"
        pull = PullRequest(7, "Title", "ada", "refs/heads/feature/$(reboot)", head, target, self.main)
        update = RefUpdate(self.project.id, pull.ref, self.main, head)
        made = self.storage.source_events.add(update, Reason.PULL_REQUEST, PullRequestChanged(pull), f"pr 7 {head}")
        assert made is not None
        return head

    def trained(self, run_id: int, accuracy: float) -> None:
        metrics = {"accuracy": accuracy}
        self.storage.training_runs.upsert(
            TrainingRun(f"t{run_id}", run_id, "job", "1", "churn", "t", "FINISHED", 1, 2, {}, metrics, {})
        )

    def page(self, path: str) -> str:
        info = find(self.world.home)
        assert info is not None
        token = self.world.home.token.read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"http://127.0.0.1:{info.port}{path}", headers=headers, timeout=60).raise_for_status().text

    @property
    def comments(self) -> list[str]:
        return [each.text for each in self.fake.state.comments.get(7, [])]

    def told(self) -> bool:
        return not self.storage.answers.owed() and not self.storage.answers.changed_runs()

    def wait(self, condition: Callable[[], object], what: str) -> None:
        try:
            wait_for(condition, what)
        except AssertionError as error:
            seen = f"{self.fake.state.statuses[-3:]} {self.fake.wrong} {self.world.events()} {self.world.log()}"
            raise AssertionError(f"{error}: {seen}") from None


@pytest.fixture
def project(world: World, github: FakeGitHub) -> Project:
    return Project(world, github)


def test_a_pull_request_is_answered_beside_its_target(project: Project) -> None:
    info = project.world.up()
    project.wait(lambda: "success" in project.states("drivetrain/churn", project.main), "the push to be told")
    (main,) = project.world.ended()
    project.trained(main.id, 0.8)
    head = project.pull()
    project.wait(lambda: "success" in project.states("drivetrain/churn/pr", head), "the pull request to be told")
    run = project.world.ended()[0]
    project.trained(run.id, 0.9)
    project.wait(lambda: project.comments and "🟢 better" in project.comments[0], "the comment")
    assert len(project.comments) == 1
    picture = project.comments[0].partition(f"]({PUBLIC}/answers/")[2].partition("?")[0]
    with httpx.Client(base_url=f"http://127.0.0.1:{info.port}") as anyone:
        drawn = anyone.get(f"/answers/{picture}")
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
        assert anyone.get(f"/answers/{picture.replace('/', 'x/')}").status_code == 404
        assert "succeeded" in anyone.get("/badges/churn.svg").text
        assert anyone.get("/runs").status_code == 401
    assert run.source.ref == "refs/pull/7/merge"


def up_again(project: Project) -> None:
    """It may be killed before it has said that it is there."""
    with suppress(UnavailableError):
        project.world.up()


def test_a_server_that_is_killed_while_it_tells_tells_everything_once(project: Project) -> None:
    lock, killed = Lock(), []

    def kill(request: Request) -> None:
        """Once for each kind of request, right after the host has carried it out."""
        kind = request.target.rsplit("/", 1)[-1][:8]
        with lock:
            info = find(project.world.home)
            if request.method == "GET" or kind in killed or info is None:
                return
            killed.append(kind)
            os.kill(info.pid, signal.SIGKILL)

    project.fake.after = kill
    project.fake.lost = lambda _: find(project.world.home) is None
    up_again(project)
    head = project.pull(bad="")
    for _ in range(6):
        project.wait(lambda: find(project.world.home) is None or (project.told() and project.comments), "a kill")
        if find(project.world.home) is None:
            project.world.kill()
            up_again(project)
    project.wait(lambda: project.told() and bool(project.comments), "all to be told")
    assert project.states("drivetrain/churn/pr", head)[-1] == "failure"
    assert project.states("drivetrain/churn", project.main)[-1] == "success"
    assert len(project.comments) == 1
    assert "comments" in killed
    assert len(killed) >= 3


def test_a_host_that_is_down_is_told_when_it_is_back(project: Project) -> None:
    project.fake.outage = Reply(503, {"message": "maintenance"})
    project.world.up()
    project.wait(lambda: len(project.world.ended()) == 1, "the run")
    project.wait(lambda: "answered 503" in project.world.cli("answers"), "the trouble to be listed")
    assert "status of" in project.world.cli("answers", "--project", "churn")
    assert "answered 503" in project.page("/projects/churn")
    project.world.cli("down")
    project.fake.outage = None
    project.world.cli("answers", "--retry")
    project.world.up()
    project.wait(lambda: "success" in project.states("drivetrain/churn", project.main), "it to be told")
    assert "hosts have been told everything" in project.world.cli("answers")
