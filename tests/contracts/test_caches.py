"""What every store of caches does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from drivetrain.home import Home
from drivetrain.record.caches import FolderCaches
from drivetrain.run.caches.model import CacheKey, CacheScope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAIN = CacheScope("p", "/r", "ci", "refs/heads/main")
TOPIC = CacheScope("p", "/r", "ci", "refs/heads/topic")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def caches(home: Home) -> FolderCaches:
    return FolderCaches(home)


def writing(text: str) -> Callable[[Path], None]:
    return lambda path: (path.write_text(text), None)[1]


def content(caches: FolderCaches, scope: CacheScope, *segments: str) -> str | None:
    found, texts = caches.find([scope], [CacheKey(segments)]), []
    if found is not None:
        assert caches.use(found, lambda path: texts.append(path.read_text()))
    return texts[0] if texts else None


def test_what_is_saved_is_found_by_scope_and_key_and_never_changes(caches: FolderCaches) -> None:
    assert not caches.has(MAIN, ["a", "b"])
    assert caches.save(MAIN, ["a", "b"], writing("one"))
    assert caches.has(MAIN, ["a", "b"])
    assert not caches.save(MAIN, ["a", "b"], writing("two"))
    assert content(caches, MAIN, "a", "b") == "one"
    assert content(caches, MAIN, "a") is None
    assert content(caches, MAIN, "a|b") is None
    assert content(caches, TOPIC, "a", "b") is None


def test_the_first_key_counts_then_the_first_scope_then_the_newest(caches: FolderCaches) -> None:
    def found(*keys: CacheKey) -> Any:
        entry = caches.find([TOPIC, MAIN], keys)
        return entry and (entry.scope.branch[11:], entry.segments)

    for scope, key in ((MAIN, "x|1"), (MAIN, "x|2"), (TOPIC, "x|3|deep"), (MAIN, "y")):
        caches.save(scope, key.split("|"), writing(key))
    assert found(CacheKey(("x", "2")), CacheKey(("x",), prefix=True)) == ("main", ("x", "2"))
    assert found(CacheKey(("x", "9")), CacheKey(("x",), prefix=True)) == ("topic", ("x", "3", "deep"))
    assert found(CacheKey(("z",), prefix=True), CacheKey(("y",))) == ("main", ("y",))
    assert found(CacheKey(("x", "3"), prefix=True)) == ("topic", ("x", "3", "deep"))
    assert found(CacheKey(("", "x"), prefix=True)) is None
    newest = caches.find([MAIN], [CacheKey(("x",), prefix=True)])
    assert newest is not None
    assert newest.segments == ("x", "2")


def test_an_entry_whose_hash_is_right_and_whose_key_is_another_is_not_served(caches: FolderCaches) -> None:
    caches.save(MAIN, ["a"], writing("one"))
    (kept,) = caches.all()
    from pathlib import Path as Folder  # noqa: PLC0415

    file = Folder(kept.path) / "entry.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept.entry, segments=("b",))))
    assert content(caches, MAIN, "a") is None
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept.entry, scope=TOPIC)))
    assert content(caches, MAIN, "a") is None
    file.write_bytes(b"{")
    assert content(caches, MAIN, "a") is None


def test_what_was_used_longest_ago_goes_first(home: Home) -> None:
    caches = FolderCaches(home, limit=25)
    for name in "abc":
        caches.save(MAIN, [name], writing("0123456789"))
        for kept in caches.all():
            os.utime(f"{kept.path}/used", (1_000 + ord(kept.entry.segments[0]),) * 2)
    assert content(caches, MAIN, "b") is not None  # and is the newest now
    caches.save(MAIN, ["d"], writing("0123456789"))
    assert sorted(kept.entry.segments[0] for kept in caches.all()) == ["b", "d"]
    assert [kept.entry.segments for kept in caches.prune(0)] != []
    assert caches.all() == []


def test_without_a_limit_everything_stays(caches: FolderCaches) -> None:
    for name in "abc":
        caches.save(MAIN, [name], writing("0123456789"))
    assert caches.prune() == []
    assert len(caches.all()) == 3


def test_what_is_being_read_is_not_removed(caches: FolderCaches) -> None:
    caches.save(MAIN, ["a"], writing("one"))
    entry = caches.find([MAIN], [CacheKey(("a",))])
    assert entry is not None
    removed: list[Any] = []
    assert caches.use(entry, lambda _: removed.extend(caches.prune(0)))
    assert removed == []
    assert len(caches.prune(0)) == 1
    assert not caches.use(entry, lambda _: None)


def test_a_writer_that_fails_leaves_nothing(home: Home, caches: FolderCaches) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        caches.save(MAIN, ["a"], fail)
    assert list((home.cache / "pipelines").iterdir()) == []


def _killed(root: Path, ready: Any) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        ready.set()
        threading.Event().wait()

    FolderCaches(Home(root)).save(MAIN, ["a"], write)


def test_a_writer_that_is_killed_leaves_nothing_that_counts(home: Home, caches: FolderCaches, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_killed, args=(tmp_path, ready))
    process.start()
    assert ready.wait(60)
    caches.prune()  # it lives, and keeps its place
    assert len(list((home.cache / "pipelines").glob("new-*"))) == 1
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not caches.has(MAIN, ["a"])
    caches.prune()
    assert list((home.cache / "pipelines").iterdir()) == []
    assert caches.save(MAIN, ["a"], writing("whole"))


def test_of_several_that_save_at_once_one_is_kept_whole(caches: FolderCaches) -> None:
    saved: list[tuple[bool, str]] = []
    barrier = threading.Barrier(8)

    def save(number: int) -> None:
        barrier.wait()
        text = str(number) * 100_000
        saved.append((caches.save(MAIN, ["a"], writing(text)), text))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text for done, text in saved if done] == [content(caches, MAIN, "a")]
