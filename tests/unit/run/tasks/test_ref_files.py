from __future__ import annotations

import subprocess
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.tasks.sources.ref_files import read_refs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOTH = ("heads", "tags")


@pytest.fixture
def repository(tmp_path: Path, git: Any) -> Path:
    """Branches and tags, packed and loose, and one of each that is both."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "1")
    for name in ("a", "a-b", "deep/er/x", "ünï\u00a0", "$(reboot)"):
        git(folder, "branch", name)
    git(folder, "tag", "-a", "v1", "-m", "v1")
    git(folder, "pack-refs", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "2")
    git(folder, "branch", "deep/er/y")
    git(folder, "tag", "v2")
    return folder


def as_git_has_them(folder: Path, *kinds: str) -> list[bytes]:
    words = ["git", "for-each-ref", "--format=%(objectname) %(refname)", *(f"refs/{kind}/" for kind in kinds)]
    return sorted(subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout.splitlines())


@pytest.mark.parametrize("kinds", [("heads",), ("tags",), BOTH])
def test_refs_are_those_that_git_lists(repository: Path, kinds: tuple[str, ...]) -> None:
    found = read_refs(repository, kinds)
    assert found is not None
    assert sorted(found.splitlines()) == as_git_has_them(repository, *kinds)
    assert found


def test_bare_ones_and_linked_work_trees_are_read(repository: Path, tmp_path: Path, git: Any) -> None:
    git(repository, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git(tmp_path, "clone", "-q", "--mirror", str(repository), "bare.git")
    for folder in (tmp_path / "linked", tmp_path / "bare.git"):
        found = read_refs(folder, BOTH)
        assert found is not None
        assert sorted(found.splitlines()) == as_git_has_them(repository, *BOTH)


def _symbolic(folder: Path) -> None:
    (folder / ".git/refs/heads/alias").write_text("ref: refs/heads/main\n")


def _symlink(folder: Path) -> None:
    (folder / ".git/refs/heads/alias").symlink_to("main")


def _broken(folder: Path) -> None:
    (folder / ".git/refs/heads/broken").write_text("")


def _named_oddly(folder: Path) -> None:
    (folder / ".git/refs/heads/a b").write_bytes((folder / ".git/refs/heads/main").read_bytes())


def _another_store(folder: Path) -> None:
    with (folder / ".git/config").open("a") as config:
        config.write("[extensions]\n\trefStorage = reftable\n")


def _another_file(folder: Path) -> None:
    (folder / ".git/packed-refs").write_text("x refs/heads/y\n")


def _nothing_at_all(folder: Path) -> None:
    (folder / ".git").rename(folder / "gone")


@pytest.mark.parametrize(
    "spoil", [_symbolic, _symlink, _broken, _named_oddly, _another_store, _another_file, _nothing_at_all]
)
def test_what_is_not_plain_is_left_to_git(repository: Path, spoil: Callable[[Path], None]) -> None:
    spoil(repository)
    assert read_refs(repository, ("heads",)) is None


def test_a_lock_is_no_ref(repository: Path) -> None:
    before = read_refs(repository, BOTH)
    (repository / ".git/refs/heads/main.lock").write_text("")
    assert before is not None
    assert read_refs(repository, BOTH) == before


def test_none_is_missed_while_git_packs_them(repository: Path, git: Any) -> None:
    names = sorted(line.partition(b" ")[2] for line in as_git_has_them(repository, "heads"))

    def pack() -> None:
        for _ in range(20):
            git(repository, "commit", "-q", "--allow-empty", "-m", "x")
            git(repository, "branch", "-f", "deep/er/x")
            git(repository, "pack-refs", "--all")

    packing = Thread(target=pack)
    packing.start()
    while packing.is_alive():
        found = read_refs(repository, ("heads",))
        assert found is not None
        assert sorted(line.partition(b" ")[2] for line in found.splitlines()) == names
    packing.join()
