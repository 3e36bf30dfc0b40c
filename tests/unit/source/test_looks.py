from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.git import Git
from drivetrain.source.host_looks import HostLooks
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.inbox import LOOK
from drivetrain.source.looks import LONGEST_RETRY_SECONDS, RETRY_SECONDS, Plan
from drivetrain.source.model import Project, RefUpdate
from drivetrain.source.watch import LINKED_GRACE_SECONDS, Watcher
from drivetrain.store.database import Database
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.source_events import SqliteSourceEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


MAIN = "refs/heads/main"
ONE, TWO, THREE = ("1" * 40, "2" * 40, "3" * 40)
ZERO = "0" * 40


@dataclass
class Far:
    """Watched repositories that are far away, whose refs and whose time we own."""

    home: Path
    refs: dict[str, dict[str, str]] = field(default_factory=dict)
    linked: set[int] = field(default_factory=set)
    time: float = 1_800_000_000.0
    wall_off: float = 0.0
    down: bool = False
    looks: int = 0
    reports: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = self.home / "inbox"
        self.inbox.mkdir(parents=True)
        database = Database(self.home / "drivetrain.db")
        self.projects, self.events = SqliteProjects(database), SqliteSourceEvents(database)
        self.restart()

    def restart(self, start: Callable[[Callable[[], None]], None] | None = None) -> None:
        more = {} if start is None else {"start": start}
        self.watcher = Watcher(
            self.inbox, self.projects, self.events, Git(self.home / "mirrors"), report=self.reports.append,
            look=self.look, linked=self.linked.__contains__, wall=lambda: self.time + self.wall_off,
            steady=lambda: self.time, **more,
        )  # fmt: skip

    def look(self, project: Project) -> Mapping[str, str]:
        self.looks += 1
        if self.down:
            raise UnavailableError("it is down")
        return dict(self.refs[project.name])

    def add(self, name: str = "p", *, linked: bool = True, poll: float = 60.0, **refs: str) -> Project:
        self.refs[name] = {f"refs/heads/{branch}": sha for branch, sha in refs.items()}
        project = self.projects.add(
            Project(0, name, f"https://host/{name}", "main", poll_seconds=poll), self.refs[name]
        )
        if linked:
            self.linked.add(project.id)
        return project

    def word(self, project: Project, name: str, *moves: tuple[str, str, str], hook: str = "post-receive") -> None:
        rows = "".join(f"{old} {new} {ref}\n" for old, new, ref in moves)
        (self.inbox / name).write_text(f"drivetrain 1 {project.id} {hook}\n{rows}")
        os.utime(self.inbox / name, (self.time + self.wall_off,) * 2)

    def after(self, seconds: float) -> list[tuple[str, str]]:
        """Look once now, and once more when the time has passed; what has come of it."""
        self.watcher.look()
        self.time += seconds
        self.watcher.look()
        return self.moves()

    def moves(self) -> list[tuple[str, str]]:
        return [(event.update.old_sha[:1], event.update.new_sha[:1]) for event in self.events.pending()]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    made = Far(tmp_path / "home")
    yield made
    made.projects.close()


def test_a_push_whose_delivery_never_comes_is_found_and_is_one_event(far: Far) -> None:
    far.add(main=ONE)
    far.refs["p"] = {MAIN: TWO}
    assert far.after(LINKED_GRACE_SECONDS - 1) == []
    assert far.after(2) == [("1", "2")]
    assert far.after(1000) == [("1", "2")]


def test_what_happened_while_the_server_was_down_is_found_at_its_start_also_without_polling(far: Far) -> None:
    far.add(main=ONE, poll=0)
    far.refs["p"] = {MAIN: TWO}
    far.restart()
    assert far.after(LINKED_GRACE_SECONDS + 1) == [("1", "2")]
    far.refs["p"] = {MAIN: THREE}
    assert far.after(10_000) == [("1", "2")], "0: never again"


def test_a_look_swallows_no_push_whose_delivery_is_on_its_way(far: Far) -> None:
    project = far.add(main=ONE)
    far.refs["p"] = {MAIN: THREE}
    far.watcher.look()
    far.time += LINKED_GRACE_SECONDS / 2
    far.word(project, "2", (TWO, THREE, MAIN))
    far.watcher.look()
    far.word(project, "1", (ONE, TWO, MAIN))
    assert far.after(LINKED_GRACE_SECONDS) == [("1", "2"), ("2", "3")]
    assert far.after(1000) == [("1", "2"), ("2", "3")]


def test_a_delivery_that_comes_after_the_look_was_believed_is_no_second_event(far: Far) -> None:
    project = far.add(main=ONE)
    far.refs["p"] = {MAIN: TWO}
    far.after(LINKED_GRACE_SECONDS + 1)
    far.word(project, "1", (ONE, TWO, MAIN))
    assert far.after(1000) == [("1", "2")]


def test_a_delivery_whose_predecessor_never_comes_asks_for_a_look(far: Far) -> None:
    project = far.add(main=ONE)
    far.watcher.look()
    far.refs["p"] = {MAIN: THREE}
    far.word(project, "2", (TWO, THREE, MAIN))
    assert far.after(LINKED_GRACE_SECONDS - 1) == []
    assert far.after(2) == [("1", "3")]
    far.watcher.look()
    assert list(far.inbox.iterdir()) == []


def test_a_word_that_waits_for_a_look_outlives_an_outage_and_a_restart(far: Far) -> None:
    project = far.add(main=ONE)
    far.watcher.look()
    far.down = True
    far.refs["p"] = {MAIN: TWO}
    far.word(project, "1", (ZERO, ZERO, MAIN), hook=LOOK)
    assert far.after(30) == []
    assert len(list(far.inbox.iterdir())) == 1
    far.restart()
    far.down = False
    assert far.after(1) == [("1", "2")], "it is believed at once: whoever pushed has said so"
    assert list(far.inbox.iterdir()) == []


def test_a_repository_without_deliveries_is_believed_at_once(far: Far) -> None:
    far.add(linked=False, main=ONE)
    far.refs["p"] = {MAIN: TWO}
    far.watcher.poll()
    assert far.moves() == [("1", "2")]


def test_a_clock_that_is_set_back_holds_no_word_up(far: Far) -> None:
    project = far.add(main=ONE)
    far.watcher.look()
    far.refs["p"] = {MAIN: THREE}
    far.word(project, "1", (TWO, THREE, MAIN))
    far.wall_off = -3600.0
    far.watcher.look()
    assert far.after(LINKED_GRACE_SECONDS + 1) == [("1", "3")]


def test_a_branch_that_was_rewritten_deleted_and_made_again_between_two_looks_is_one_event(far: Far) -> None:
    far.add(linked=False, main=ONE, dev=ONE)
    far.watcher.look()
    far.refs["p"] = {MAIN: TWO}
    far.after(61)
    far.refs["p"] = {MAIN: TWO, "refs/heads/dev": ONE}
    assert far.after(61) == [("1", ""), ("1", "2"), ("", "1")]


def test_a_look_that_is_older_than_a_word_takes_nothing_back(far: Far) -> None:
    """The refs were read before the push, but arrive after its word."""
    project = far.add(linked=False, main=ONE)
    waiting: list[Callable[[], None]] = []
    far.restart(waiting.append)
    far.watcher.poll()
    (late,) = waiting
    late()
    far.refs["p"] = {MAIN: TWO}
    far.events.ingest(RefUpdate(project.id, MAIN, ONE, TWO), "IndividualCI")  # type: ignore[arg-type]
    far.watcher.poll()
    assert far.moves() == [("1", "2")]


def test_a_host_that_does_not_answer_holds_up_no_other_project(far: Far) -> None:
    far.add("slow", linked=False, main=ONE)
    project = far.add("quick", main=ONE)
    hold, began = threading.Event(), threading.Event()
    look = far.look

    def slow(asked: Project) -> Mapping[str, str]:
        if asked.name == "slow":
            began.set()
            hold.wait(60)
        return look(asked)

    far.look = slow  # type: ignore[method-assign, assignment]
    far.restart(lambda work: threading.Thread(target=work, daemon=True).start())
    far.watcher.poll()
    assert began.wait(60)
    far.word(project, "1", (ONE, TWO, MAIN))
    assert far.watcher.take_words() == 1
    assert far.moves() == [("1", "2")]
    far.refs["slow"] = {MAIN: THREE}
    hold.set()
    deadline = time.monotonic() + 60
    while len(far.moves()) < 2 and time.monotonic() < deadline:
        far.watcher.poll()
    assert far.moves() == [("1", "2"), ("1", "3")]


def test_ten_thousand_refs_are_looked_at_and_only_those_that_moved_are_events(far: Far) -> None:
    many = {f"b{number}": ONE for number in range(10_000)}
    far.add(linked=False, **many)  # type: ignore[arg-type]
    far.watcher.poll()
    assert far.moves() == []
    far.refs["p"]["refs/heads/b7"] = TWO
    assert far.after(61) == [("1", "2")]


def test_an_outage_is_asked_about_less_and_less_often_and_never_by_all_at_once(far: Far) -> None:
    far.add(main=ONE, linked=False)
    far.down = True
    for _ in range(4 * 3600):
        far.watcher.poll()
        far.time += 1
    assert 20 < far.looks < 40
    assert far.watcher.troubles == {1: "it is down"}
    plans = [Plan(0.0) for _ in range(50)]
    for plan in plans:
        plan.failed(UnavailableError("x"), 0.0, 60.0)
    assert len({plan.due for plan in plans}) == 50
    assert all(45 <= plan.due <= 75 for plan in plans)
    far.down = False
    far.time += LONGEST_RETRY_SECONDS * 2
    far.watcher.poll()
    assert far.watcher.troubles == {}


def test_word_of_a_host_says_that_it_may_be_reached_again() -> None:
    plan = Plan(0.0)
    for _ in range(9):
        plan.failed(UnavailableError("x"), 0.0, 60.0)
    plan.ask(MAIN, 100.0)
    assert plan.due == 100.0 + RETRY_SECONDS
    plan.failed(RateLimitedError("slow down", wait_seconds=5000.0), 100.0, 60.0)
    assert plan.due == 5100.0


def test_a_removed_project_is_forgotten_while_it_is_looked_at(far: Far) -> None:
    project = far.add(main=ONE, linked=False)
    waiting: list[Callable[[], None]] = []
    far.restart(waiting.append)
    far.watcher.poll()
    far.projects.remove(project.id, delete_runs=False)
    far.refs["p"] = {MAIN: TWO}
    waiting.pop()()
    assert far.watcher.poll() == 0


class Answers:
    """A host that answers as it is told."""

    def __init__(self) -> None:
        self.state = "a"
        self.now = {MAIN: ONE}
        self.asked: list[str] = []
        self.error: Exception | None = None

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        self.asked.append(seen)
        if self.error:
            raise self.error
        return self.state, None if seen == self.state else dict(self.now)


class ByGit:
    def __init__(self) -> None:
        self.asked = 0

    def refs(self, _url: str) -> Mapping[str, str]:
        self.asked += 1
        return {MAIN: TWO}


def test_a_host_is_asked_for_what_is_new_and_git_where_it_cannot_tell() -> None:
    project, host, git, now = Project(1, "p", "https://host/p", "main"), Answers(), ByGit(), [0.0]
    pulls: list[int] = []
    looks = HostLooks(
        git,
        lambda _: host,  # type: ignore[arg-type, return-value]
        lambda project, _host: pulls.append(project.id),
        steady=lambda: now[0],
    )
    assert [looks.refs(project) for _ in range(2)] == [{MAIN: ONE}] * 2
    assert (host.asked, git.asked, pulls) == (["", "a"], 0, [1, 1])
    host.state, host.now = "b", {MAIN: THREE}
    assert looks.refs(project) == {MAIN: THREE}
    host.error = UserError("the token may not", hint="it needs `repo`")
    assert looks.refs(project) == {MAIN: TWO}
    assert looks.notes == {1: "the token may not; it needs `repo`"}
    host.error = RateLimitedError("slow down", wait_seconds=100)
    looks.refs(project)
    asked = len(host.asked)
    assert looks.refs(project) == {MAIN: TWO}
    assert len(host.asked) == asked, "it is left alone"
    now[0], host.error = 101.0, None
    assert looks.refs(project) == {MAIN: THREE}
    assert looks.notes == {}


def test_an_answer_of_an_odd_shape_keeps_nobody_from_asking_git() -> None:
    def odd(_project: Project, _host: object) -> None:
        raise KeyError("head")

    project, host = Project(1, "p", "https://host/p", "main"), Answers()
    looks = HostLooks(ByGit(), lambda _: host, odd)  # type: ignore[arg-type, return-value]
    assert looks.refs(project) == {MAIN: ONE}
    assert looks.notes == {1: "the host's answer makes no sense (KeyError)"}
    host.error = TypeError("no list")
    assert looks.refs(project) == {MAIN: TWO}


def test_a_project_without_a_host_is_asked_about_by_git_alone() -> None:
    looks = HostLooks(ByGit(), lambda _: None)
    assert looks.refs(Project(1, "p", "https://host/p", "main")) == {MAIN: TWO}
