"""Copies of what jobs made: whole, by the kernel, without memory for what is large; and what is left out of them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.record.artifact_files import copy_file, remove_tree
from drivetrain.record.artifact_ignore import MOST_BYTES, ignored_in

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 300 << 20
PUBLISH = """
import resource, sys
from pathlib import Path
from drivetrain.record.artifacts import FolderArtifacts
artifacts = FolderArtifacts(Path(sys.argv[2]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
artifacts.publish("large", Path(sys.argv[1]))
artifacts.download("large", Path(sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_needs_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(BYTES)
    places = [str(tmp_path / name) for name in ("large", "artifacts", "out")]
    done = subprocess.run([sys.executable, "-c", PUBLISH, *places], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 30_000  # kilobytes
    assert (tmp_path / "out" / "large").stat().st_size == BYTES


@pytest.mark.parametrize("refusal", ["EXDEV", "ENOSYS", "EINVAL", "EOPNOTSUPP"])
def test_what_the_kernel_does_not_copy_is_read(tmp_path: Path, refusal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(getattr(__import__("errno"), refusal), "no")

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    content = os.urandom(3 << 20)
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "a").chmod(0o755)
    assert copy_file(str(tmp_path / "a"), str(tmp_path / "b")) == len(content)
    assert (tmp_path / "b").read_bytes() == content
    assert os.access(tmp_path / "b", os.X_OK)


def test_a_full_disk_is_told_and_not_copied_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(OSError, match="No space left"):
        copy_file(str(tmp_path / "a"), str(tmp_path / "b"))


def test_a_file_that_the_kernel_calls_empty_is_read(tmp_path: Path) -> None:
    assert copy_file("/proc/self/status", str(tmp_path / "b")) > 0


def test_trees_without_rights_are_removed_and_links_only_taken_away(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tree / "link").symlink_to(tmp_path / "kept")
    (tree / "a").chmod(0)
    assert remove_tree(tree)
    assert not tree.exists()
    assert (tmp_path / "kept").exists()
    assert remove_tree(tree)


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        ("*.log", ["a.log", "x/a.log"], ["a.txt", "log"]),
        ("/a", ["a", "a/b"], ["x/a"]),
        ("a/b", ["a/b", "a/b/c"], ["x/a/b", "a"]),
        ("a/", ["a/b", "x/a/b"], ["a"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["z"]),
        ("# a\n\n   \n!", [], ["a", "# a"]),
        ("\\#a", ["#a"], ["a"]),
        ("*\n!keep", ["a", "x/a"], ["keep", "x/keep"]),
        ("a?c\n[xy]", ["abc", "x", "y"], ["ac", "z"]),
        ("/", [], ["a"]),
    ],
)
def test_lines_mean_what_they_mean_to_git(tmp_path: Path, lines: str, ignored: list[str], kept: list[str]) -> None:
    (tmp_path / ".artifactignore").write_text(lines)
    test = ignored_in(tmp_path) or (lambda _: False)
    assert [path for path in (*ignored, *kept) if test(path)] == ignored


def test_hostile_ignore_files_are_refused_or_harmless(tmp_path: Path) -> None:
    file = tmp_path / ".artifactignore"
    file.write_bytes(b"\xff\0[[[\n**/**/**/**/*a*a*a*a*a*b\n")
    test = ignored_in(tmp_path)
    assert test is not None
    assert not test("a" * 5000)
    file.write_text("a\n" * 2000)
    with pytest.raises(UserError, match="more than 1000 patterns"):
        ignored_in(tmp_path)
    file.write_bytes(b"a" * (MOST_BYTES + 1))
    with pytest.raises(UserError, match="is larger than"):
        ignored_in(tmp_path)
