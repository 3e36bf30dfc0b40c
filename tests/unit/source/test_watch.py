from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from unittest.mock import Mock

from drivetrain.source.hooks import install
from drivetrain.source.model import Project
from tests.unit.source.watching import MAIN, World, push

if TYPE_CHECKING:
    import pytest

    from tests.unit.source.conftest import Repository


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
