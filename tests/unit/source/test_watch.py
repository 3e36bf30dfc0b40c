from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from drivetrain.errors import NotFoundError
from drivetrain.source.git import Git, GitError
from drivetrain.source.hooks import install
from drivetrain.source.model import LaunchOutcome, Project, SourceEvent
from drivetrain.source.processing import Processor
from drivetrain.source.watch import Watcher
from drivetrain.store.database import Database
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.source_events import SqliteSourceEvents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.source.conftest import Repository

MAIN = "refs/heads/main"


@dataclass
class World:
    """A watcher whose time we own, on a real database and real repositories."""

    home: Path
    bare: Path
    time: float = 1_800_000_000.0
    reports: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True)
        self.database = Database(self.home / "drivetrain.db")
        self.projects = SqliteProjects(self.database)
        self.events = SqliteSourceEvents(self.database)
        self.git = Git(self.home / "mirrors")
        self.project = self.add(str(self.bare))
        self.restart()

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    def add(self, url: str, name: str = "p", poll: float = 60.0) -> Project:
        return self.projects.add(Project(0, name, url, "main", poll_seconds=poll), self.git.refs(url))

    def restart(self) -> None:
        """A new process would know no more than the database and the inbox do."""
        self.watcher = Watcher(
            self.inbox,
            self.projects,
            self.events,
            self.git,
            report=self.reports.append,
            wall=lambda: self.time,
            steady=lambda: self.time,
        )

    def hook(self) -> None:
        install(self.bare, self.inbox, self.project.id)

    def pass_time(self, seconds: float) -> None:
        self.time += seconds

    def age(self, seconds: float) -> None:
        """Make every word so old as seen from our clock."""
        for path in self.inbox.iterdir():
            moment = int((self.time - seconds) * 1e9)
            os.utime(path, ns=(moment, moment))

    def word(self, name: str, *moves: tuple[str, str, str], hook: str = "post-receive") -> Path:
        path = self.inbox / name
        rows = "".join(f"{old} {new} {ref}\n" for old, new, ref in moves)
        path.write_text(f"drivetrain 1 {self.project.id} {hook}\n{rows}")
        os.utime(path, (self.time, self.time))
        return path

    def moves(self) -> list[tuple[str, str, str]]:
        return [(event.update.old_sha, event.update.new_sha, event.update.ref) for event in self.events.pending()]


@pytest.fixture
def world(tmp_path: Path, bare: Repository) -> Iterator[World]:
    made = World(tmp_path / "home", bare.path)
    yield made
    made.projects.close()
    made.events.close()


def push(work: Repository, world: World, message: str, *refs: str) -> str:
    sha = work.commit(message)
    work.git("push", "--quiet", "--force", str(world.bare), *(refs or ("main",)))
    return sha


def test_a_push_with_a_hook_is_one_event_and_the_word_is_gone(work: Repository, world: World) -> None:
    world.hook()
    sha = push(work, world, "one")
    assert world.watcher.take_words() == 1
    assert world.moves() == [("", sha, MAIN)]
    assert list(world.inbox.iterdir()) == []


def test_the_same_push_seen_by_a_look_and_by_a_hook_is_one_event(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one")
    assert world.watcher.poll() == 0, "a hook may still tell"
    assert world.watcher.take_words() == 1
    world.pass_time(120)
    assert world.watcher.look() == 0
    world.pass_time(120)
    assert world.watcher.look() == 0
    assert len(world.moves()) == 1


def test_a_push_without_a_hook_is_found_by_looking(work: Repository, world: World) -> None:
    first = push(work, world, "one")
    assert world.watcher.look() == 0
    world.pass_time(1.1)
    assert world.watcher.look() == 1
    second = push(work, world, "two")
    world.pass_time(30)
    assert world.watcher.look() == 0, "not yet time"
    world.pass_time(31)
    world.watcher.look()
    world.pass_time(1.1)
    assert world.watcher.look() == 1
    assert world.moves() == [("", first, MAIN), (first, second, MAIN)]


def test_a_remote_repository_is_believed_at_once(work: Repository, world: World) -> None:
    world.add(world.bare.as_uri(), "remote")
    world.restart()
    push(work, world, "one")
    assert world.watcher.poll() == 1


def test_a_project_that_is_never_looked_at_hears_hooks_only(work: Repository, world: World) -> None:
    world.projects.remove(world.project.id, delete_runs=False)
    world.project = world.add(str(world.bare), "quiet", poll=0)
    push(work, world, "one")
    for _ in range(3):
        world.pass_time(3600)
        assert world.watcher.look() == 0
    world.hook()
    push(work, world, "two")
    world.age(5)
    assert world.watcher.look() == 1


def test_pushes_while_the_server_was_down_are_each_an_event_in_order(work: Repository, world: World) -> None:
    world.hook()
    shas = [push(work, world, str(number)) for number in range(5)]
    world.restart()
    assert world.watcher.look() == 5
    assert [new for _, new, _ in world.moves()] == shas


def test_a_word_that_is_read_again_after_a_crash_makes_no_second_event(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one")
    (path,) = world.inbox.iterdir()
    kept = path.read_bytes()
    assert world.watcher.take_words() == 1
    path.write_bytes(kept)
    world.restart()
    assert world.watcher.take_words() == 0
    assert not path.exists()


def test_history_back_and_forth_is_an_event_each_time(work: Repository, world: World) -> None:
    world.hook()
    one = push(work, world, "one")
    two = push(work, world, "two")
    work.git("push", "--quiet", "--force", str(world.bare), f"{one}:main")
    work.git("push", "--quiet", "--force", str(world.bare), f"{two}:main")
    assert world.watcher.take_words() == 4
    assert [new for _, new, _ in world.moves()] == [one, two, one, two]


def test_a_word_left_again_after_the_branch_was_put_back_is_no_second_event(world: World) -> None:
    """A webhook's word is written anew when its server was killed before it knew that it was written."""
    there, back = ("", "1" * 40, MAIN), ("1" * 40, "", MAIN)
    forth, home = (("0" * 40, *there[1:]), (back[0], "0" * 40, MAIN))
    world.word("hook-1", forth)
    world.word("hook-2", home)
    assert world.watcher.take_words() == 2
    world.word("hook-1", forth)
    assert world.watcher.take_words() == 0
    assert world.moves() == [there, back]
    assert not list(world.inbox.iterdir())


def test_a_word_that_says_no_more_than_look_finds_what_has_moved(work: Repository, world: World) -> None:
    project = world.add(world.bare.as_uri(), "remote", poll=0)
    sha = push(work, world, "one")
    nothing = "0" * 40
    path = world.word("hook-1", (nothing, nothing, MAIN), hook="look")
    path.write_text(path.read_text().replace(f" 1 {world.project.id} ", f" 1 {project.id} "))
    assert not world.watcher.urgent
    assert world.watcher.take_words() == 0
    assert world.watcher.urgent, "whoever pushed waits for it"
    assert world.watcher.poll() == 1
    assert [move[1] for move in world.moves()] == [sha]
    assert world.watcher.take_words() == 0
    assert not path.exists()
    assert not world.watcher.urgent


def test_a_word_to_look_stays_until_the_repository_answers(work: Repository, world: World) -> None:
    project = world.add(world.bare.as_uri(), "remote", poll=0)
    nothing, away = "0" * 40, world.bare.with_name("away")
    push(work, world, "one")
    path = world.word("hook-1", (nothing, nothing, MAIN), hook="look")
    path.write_text(path.read_text().replace(f" 1 {world.project.id} ", f" 1 {project.id} "))
    world.bare.rename(away)
    assert [world.watcher.look() for _ in range(3)] == [0, 0, 0]
    assert len(world.reports) == 2, "each of the two projects says so once"
    assert not world.watcher.urgent
    away.rename(world.bare)
    assert world.watcher.look() == 0  # not before its time
    world.pass_time(10)
    assert world.watcher.look() == 1
    assert path.exists()
    assert world.watcher.look() == 0
    assert not path.exists()


def test_words_that_overtook_each_other_wait_for_their_predecessor(work: Repository, world: World) -> None:
    one, two, three = (push(work, world, str(number)) for number in range(3))
    world.word("2", (two, three, MAIN))
    world.word("1", (one, two, MAIN))
    assert world.watcher.take_words() == 0, "the first push's word is on its way"
    world.word("3", ("0" * 40, one, MAIN))
    assert world.watcher.take_words() == 3
    assert [new for _, new, _ in world.moves()] == [one, two, three]


def test_a_word_whose_predecessor_never_comes_is_believed_after_a_moment(work: Repository, world: World) -> None:
    one, two = push(work, world, "one"), push(work, world, "two")
    world.word("2", (one, two, MAIN))
    assert world.watcher.take_words() == 0
    world.pass_time(1.5)
    assert world.watcher.take_words() == 1
    assert world.moves() == [("", two, MAIN)]


def test_a_forged_word_moves_nothing_that_has_not_moved(work: Repository, world: World) -> None:
    world.hook()
    one = push(work, world, "one")
    world.watcher.take_words()
    world.word("x", ("1" * 40, "2" * 40, MAIN))
    world.pass_time(1.5)
    assert world.watcher.take_words() == 0
    assert world.events.position(world.project.id, MAIN) == one


def test_of_a_word_with_several_lines_only_what_waits_stays(work: Repository, world: World) -> None:
    one = push(work, world, "one")
    two = push(work, world, "two")
    path = world.word("x", ("0" * 40, two, "refs/heads/dev"), (one, two, MAIN))
    work.git("push", "--quiet", str(world.bare), "main:dev")
    assert world.watcher.take_words() == 1
    assert path.read_text().splitlines()[1:] == [f"{one} {two} {MAIN}"]
    world.word("y", ("0" * 40, one, MAIN))
    assert world.watcher.take_words() == 2


def test_branches_deleted_and_tags_pushed_are_events(work: Repository, world: World) -> None:
    world.hook()
    sha = push(work, world, "one", "main", "main:dev")
    work.git("tag", "v1")
    work.git("push", "--quiet", str(world.bare), "v1", ":dev")
    assert world.watcher.take_words() == 4
    assert sorted(world.moves()[2:]) == sorted([("", sha, "refs/tags/v1"), (sha, "", "refs/heads/dev")])


def test_fifty_pushes_at_once_to_fifty_branches_are_fifty_events(work: Repository, world: World) -> None:
    world.hook()
    work.commit("one")
    threads = [
        threading.Thread(target=work.git, args=("push", "--quiet", str(world.bare), f"main:b{number}"))
        for number in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert world.watcher.look() == 50
    assert {ref for _, _, ref in world.moves()} == {f"refs/heads/b{number}" for number in range(50)}
    world.pass_time(100)
    world.watcher.look()
    world.pass_time(100)
    assert world.watcher.look() == 0


def test_commits_in_a_working_tree_are_events_also_after_a_reset(work: Repository, world: World) -> None:
    work.commit("zero")
    project = world.add(str(work.path), "mine")
    install(work.path, world.inbox, project.id)
    one = work.commit("one")
    assert world.watcher.take_words() == 1
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    two = work.commit("two")
    assert world.watcher.take_words() == 1, "the reset left no word, and the commit is believed"
    work.git("checkout", "--quiet", "-b", "dev")
    three = work.commit("three")
    assert world.watcher.take_words() == 1
    assert [new for _, new, _ in world.moves()] == [one, two, three]


def test_words_that_are_none_are_taken_away(world: World) -> None:
    for name, text in (
        ("a", "x"),
        ("b", ""),
        ("c", "drivetrain 1 1 post-receive\n"),
        ("d", "\0\xff"),
        ("e", "drivetrain 9 1 x\n"),
    ):
        (world.inbox / name).write_text(text)
    (world.inbox / "f").write_bytes(
        b"drivetrain 1 999 post-receive\n" + b"1" * 40 + b" " + b"2" * 40 + b" refs/heads/x\n"
    )
    (world.inbox / "folder").mkdir()
    (world.inbox / ".half").write_text("drive")
    os.utime(world.inbox / ".half", (1, 1))
    assert world.watcher.look() == 0
    assert [path.name for path in world.inbox.iterdir()] == ["folder"]


def test_a_line_with_a_hostile_ref_is_no_line(world: World) -> None:
    world.word("a", ("0" * 40, "1" * 40, "refs/heads/x y"), ("0" * 40, "1" * 40, "../../etc"))
    world.word("b", ("0" * 40, "1" * 40, "refs/notes/x"))
    world.pass_time(5)
    assert world.watcher.take_words() == 0
    assert list(world.inbox.iterdir()) == []


def test_a_repository_that_is_gone_is_reported_once_and_tried_again(work: Repository, world: World) -> None:
    elsewhere = world.bare.with_name("moved")
    world.bare.rename(elsewhere)
    for _ in range(4):
        world.watcher.look()
        world.pass_time(1000)
    assert len(world.reports) == 1
    assert "cannot look at" in world.reports[0]
    elsewhere.rename(world.bare)
    push(work, world, "one")
    world.watcher.look()
    world.pass_time(2)
    assert world.watcher.look() == 1


@dataclass
class Launcher:
    """Answers as it is told, and remembers."""

    answers: list[LaunchOutcome | Exception] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)

    def launch_event(self, event: SourceEvent, project: Project) -> LaunchOutcome:
        self.moves.append((event.update.old_sha, event.update.new_sha))
        self.seen.append(f"{project.name}:{event.update.ref}")
        answer = self.answers.pop(0) if self.answers else LaunchOutcome(len(self.seen), "wanted")
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_password_is_in_no_report(world: World) -> None:
    world.projects.add(Project(0, "remote", "http://me:hush@127.0.0.1:1/x.git", "main", poll_seconds=60.0), {})
    world.watcher.poll()
    assert "cannot look at http://127.0.0.1:1/x.git" in " ".join(world.reports)
    assert "hush" not in " ".join(world.reports)


def test_a_word_that_we_may_not_read_is_taken_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    word = world.word("1", ("0" * 40, "a" * 40, MAIN))
    monkeypatch.setattr(type(word), "open", Mock(side_effect=PermissionError))
    assert world.watcher.take_words() == 0
    assert not word.exists()


def processor(world: World, launcher: Launcher) -> Processor:
    return Processor(world.projects, world.events, launcher, report=world.reports.append, steady=lambda: world.time)


def test_events_become_runs_and_their_outcome_is_kept(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one")
    world.watcher.look()
    launcher = Launcher([LaunchOutcome(None, "the pipeline file says trigger: none")])
    assert processor(world, launcher).process() == 0
    push(work, world, "two")
    world.watcher.look()
    assert processor(world, launcher).process() == 1
    outcomes = [(event.run_id, event.outcome) for event in world.events.recent(world.project.id)]
    assert outcomes == [(2, "wanted"), (None, "the pipeline file says trigger: none")]


def test_a_deleted_branch_is_done_with_without_a_launch(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main:dev")
    work.git("push", "--quiet", str(world.bare), ":dev")
    world.watcher.look()
    launcher = Launcher()
    processor(world, launcher).process()
    assert launcher.seen == ["p:refs/heads/dev"]
    assert world.events.recent(world.project.id)[0].outcome == "refs/heads/dev was deleted"


def test_a_file_that_is_not_there_is_an_outcome_and_an_outage_is_tried_again(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main", "main:dev")
    world.watcher.look()
    launcher = Launcher([GitError("the host is down"), NotFoundError("azure-pipelines.yml is not in commit x")])
    handler = processor(world, launcher)
    assert handler.process() == 0
    assert len(world.events.pending()) == 1, "the other one was not held up"
    assert handler.process() == 0
    assert len(launcher.seen) == 2, "not tried again at once"
    world.pass_time(1.1)
    assert handler.process() == 1
    assert world.events.pending() == ()


def test_a_bug_in_one_event_stops_no_other_and_ends(work: Repository, world: World) -> None:
    world.hook()
    push(work, world, "one", "main", "main:dev")
    world.watcher.look()
    handler = processor(world, Launcher([KeyError("x"), LaunchOutcome(1, "wanted"), KeyError("x"), KeyError("x")]))
    for _ in range(3):
        handler.process()
        world.pass_time(10)
    assert world.events.pending() == ()
    assert "a bug: KeyError: 'x'" in {event.outcome for event in world.events.recent(world.project.id)}


def test_pushes_that_wait_are_launched_together_with_all_that_changed(work: Repository, world: World) -> None:
    world.hook()
    waits = LaunchOutcome(None, "it waits", waits=True)
    launcher = Launcher([LaunchOutcome(1, "first"), waits, waits, waits])
    handler = processor(world, launcher)
    shas = []
    for message in ("one", "two", "three"):
        shas.append(push(work, world, message))
        world.watcher.look()
        handler.process()
    assert len(launcher.seen) == 3
    world.pass_time(1)
    assert handler.process() == 0
    world.pass_time(1)
    assert handler.process() == 1
    assert launcher.moves[3:] == [(shas[0], shas[2])] * 2, "both pushes are asked about as one"
    outcomes = [(event.state, event.run_id) for event in world.events.recent(world.project.id)]
    assert outcomes == [("done", 5), ("done", 5), ("done", 1)]
