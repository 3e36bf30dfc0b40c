"""What both trees must do is in tests/contracts/test_template_files.py; here is what each adds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError, UnavailableError
from drivetrain.source import trees
from drivetrain.source.trees import CommitTree, FolderTree, inside, top_of

if TYPE_CHECKING:
    from tests.unit.source.conftest import Repository


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("a.yml", "a.yml"),
        ("/a.yml", "a.yml"),
        ("\\jobs\\a.yml", "jobs/a.yml"),
        ("jobs//./x/../a.yml", "jobs/a.yml"),
        ("-a.yml", "-a.yml"),
        ("a b:c.yml", "a b:c.yml"),
    ],
)
def test_a_path_counts_from_the_top(path: str, clean: str) -> None:
    assert inside(path) == clean


@pytest.mark.parametrize(
    "path", ["..", "../x", "a/../../x", "/../x", "..\\x", "", ".", "/", "a/..", "a\0b", "a\nb", "\ud800"]
)
def test_a_path_that_climbs_or_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(NotFoundError):
        inside(path)


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yml").write_text("x")

    def broken(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(UnavailableError, match="Permission denied"):
        FolderTree(tmp_path).read("a.yml")


def test_a_commit_that_is_gone_is_no_missing_file(work: Repository) -> None:
    work.commit(a_yml="x")
    with pytest.raises(UnavailableError, match="commit 11111111 is not in"):
        CommitTree(work.path, "1" * 40).read("a.yml")


def test_a_large_file_is_refused_before_it_is_read(work: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = work.commit(a_yml="12345")
    monkeypatch.setattr(trees, "MAX_FILE_BYTES", 4)
    for tree in (CommitTree(work.path, sha), FolderTree(work.path)):
        with pytest.raises(NotFoundError, match="has more than 4 bytes"):
            tree.read("a.yml")


def test_the_top_is_where_git_has_its_folder_else_the_folder_itself(work: Repository, tmp_path: Path) -> None:
    (work.path / "ci" / "deep").mkdir(parents=True)
    assert top_of(work.path / "ci" / "deep") == work.path
    plain = tmp_path / "plain"
    plain.mkdir()
    assert top_of(plain) == plain
    work.commit()
    work.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "other")
    assert top_of(tmp_path / "linked") == tmp_path / "linked"
