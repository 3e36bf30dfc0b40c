from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.source.git import all_paths, read_file
from drivetrain.source.snapshot import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.source.conftest import Repository


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "snap:shots"


def test_a_clean_working_tree_is_its_commit(work: Repository, store: Path) -> None:
    sha = work.commit(train_py="1")
    taken = snapshot(work.path, store)
    assert (taken.commit.sha, taken.dirty, taken.ref) == (sha, False, "refs/heads/main")
    assert read_file(taken.repo, sha, "train.py") == b"1"


def test_changes_staged_or_not_untracked_and_deleted_are_in_and_ignored_ones_are_not(
    work: Repository, store: Path
) -> None:
    sha = work.commit("Base", train_py="1", gone_py="1", staged_py="1")
    work.write(".gitignore", "*.log\n")
    work.write("train.py", "2")
    work.write("new/file.txt", "new")
    work.write("x.log", "ignored")
    work.write("staged.py", "2")
    work.git("add", "staged.py")
    (work.path / "gone.py").unlink()
    taken = snapshot(work.path, store)
    assert taken.dirty
    assert taken.commit.message == "Base (with uncommitted changes)"
    assert all_paths(taken.repo, taken.commit.sha) == (".gitignore", "new/file.txt", "staged.py", "train.py")
    assert read_file(taken.repo, taken.commit.sha, "train.py") == b"2"
    assert read_file(taken.repo, sha, "gone.py") == b"1", "the history is there as well"


def test_nothing_is_written_into_the_repository_of_the_user(work: Repository, store: Path) -> None:
    work.commit(train_py="1")
    work.write("train.py", "2")
    work.write("other.py", "2")
    before = work.fingerprint()
    snapshot(work.path, store)
    assert work.fingerprint() == before
    assert work.git("status", "--porcelain") == "M train.py\n?? other.py"


def test_the_same_content_makes_the_same_commit(work: Repository, store: Path) -> None:
    work.commit(train_py="1")
    work.write("train.py", "2")
    first = snapshot(work.path, store).commit.sha
    assert snapshot(work.path, store).commit.sha == first
    work.write("train.py", "3")
    assert snapshot(work.path, store).commit.sha != first


def test_a_folder_below_the_top_means_the_whole_tree(work: Repository, store: Path) -> None:
    work.commit(a__b_py="1")
    work.write("c.py", "1")
    taken = snapshot(work.path / "a", store)
    assert taken.root == work.path
    assert all_paths(taken.repo, taken.commit.sha) == ("a/b.py", "c.py")


def test_a_repository_before_its_first_commit(work: Repository, store: Path) -> None:
    work.write("train.py", "1")
    taken = snapshot(work.path, store)
    assert (taken.dirty, taken.ref, taken.commit.message) == (True, "refs/heads/main", "Uncommitted changes")
    assert all_paths(taken.repo, taken.commit.sha) == ("train.py",)


def test_a_folder_that_is_no_repository(tmp_path: Path, store: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "sub").mkdir(parents=True)
    (folder / "train.py").write_text("1")
    (folder / "sub/x.log").write_text("1")
    (folder / ".gitignore").write_text("*.log\n")
    taken = snapshot(folder, store)
    assert all_paths(taken.repo, taken.commit.sha) == (".gitignore", "train.py")
    assert not (folder / ".git").exists()
    (folder / "train.py").unlink()
    assert all_paths(taken.repo, snapshot(folder, store).commit.sha) == (".gitignore",)


def test_an_empty_folder(tmp_path: Path, store: Path) -> None:
    (tmp_path / "empty").mkdir()
    taken = snapshot(tmp_path / "empty", store)
    assert all_paths(taken.repo, taken.commit.sha) == ()


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path, store: Path) -> None:
    with pytest.raises(UserError, match="nowhere is no folder"):
        snapshot(tmp_path / "nowhere", store)


def test_a_dirty_submodule_does_not_stop_it(work: Repository, store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(other)], check=True)
    (other / "lib.py").write_text("1")
    identity = ["-c", "user.name=A", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(other), "add", "."], check=True)
    subprocess.run(["git", "-C", str(other), *identity, "commit", "-qm", "x"], check=True)
    work.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "lib")
    work.commit("With submodule")
    work.write("lib/lib.py", "changed")
    work.write("train.py", "new")
    taken = snapshot(work.path, store)
    assert all_paths(taken.repo, taken.commit.sha) == (".gitmodules", "lib", "train.py")


def test_a_nested_repository_without_commits_is_left_out_and_named(work: Repository, store: Path) -> None:
    work.commit(train_py="1")
    subprocess.run(["git", "init", "--quiet", str(work.path / "nested")], check=True)
    work.write("nested/x.py", "1")
    work.write("train.py", "2")
    taken = snapshot(work.path, store)
    assert read_file(taken.repo, taken.commit.sha, "train.py") == b"2"
    assert "nested" in " ".join(taken.warnings)


def test_a_merge_with_conflicts_is_taken_as_the_files_are(work: Repository, store: Path) -> None:
    work.commit("base", a_py="1")
    work.git("checkout", "--quiet", "-b", "dev")
    work.commit("dev", a_py="2")
    work.git("checkout", "--quiet", "main")
    work.commit("main", a_py="3")
    subprocess.run(["git", "merge", "dev"], cwd=work.path, check=False, capture_output=True)
    taken = snapshot(work.path, store)
    assert b"<<<<<<<" in read_file(taken.repo, taken.commit.sha, "a.py")


def test_a_linked_worktree_has_its_own_index_and_branch(work: Repository, store: Path, tmp_path: Path) -> None:
    work.commit("base", a_py="1")
    work.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side/b.py").write_text("1")
    taken = snapshot(tmp_path / "side", store)
    assert taken.ref == "refs/heads/side"
    assert all_paths(taken.repo, taken.commit.sha) == ("a.py", "b.py")


def test_a_detached_head_counts_as_main(work: Repository, store: Path) -> None:
    work.commit(a_py="1")
    work.git("checkout", "--quiet", "--detach")
    assert snapshot(work.path, store).ref == "refs/heads/main"


@pytest.mark.parametrize("name", ["$(reboot).py", "-rf", "a\nb", "ü ber", "'", '"'])
def test_hostile_file_names_are_only_names(work: Repository, store: Path, name: str) -> None:
    work.commit(a_py="1")
    work.write(name, "1")
    taken = snapshot(work.path, store)
    assert name in all_paths(taken.repo, taken.commit.sha)


def test_a_commit_can_be_fetched_from_the_snapshot(work: Repository, store: Path, tmp_path: Path) -> None:
    work.commit(a_py="1")
    work.write("a.py", "2")
    taken = snapshot(work.path, store)
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "job")], check=True)
    subprocess.run(["git", "fetch", "--quiet", str(taken.repo), taken.commit.sha], cwd=tmp_path / "job", check=True)
    subprocess.run(["git", "checkout", "--quiet", "FETCH_HEAD"], cwd=tmp_path / "job", check=True)
    assert (tmp_path / "job/a.py").read_text() == "2"


def test_a_user_whose_name_git_does_not_know(work: Repository, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("a.py", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert snapshot(work.path, store).commit.author_name == "Drivetrain"


def test_a_folder_alone_is_taken_without_the_work_tree_around_it(work: Repository, store: Path) -> None:
    work.commit(a_txt="1", inner__b_txt="2")
    taken = snapshot(work.path / "inner", store, whole=False)
    assert taken.root == work.path / "inner"
    assert all_paths(taken.repo, taken.commit.sha) == ("b.txt",)
    assert snapshot(work.path, store, whole=False).root == work.path
    assert snapshot(work.path / "inner", store).root == work.path
