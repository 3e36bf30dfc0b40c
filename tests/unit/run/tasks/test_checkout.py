from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from pathlib import Path

Make = Any


@pytest.fixture
def repository(tmp_path: Path, git: Any) -> Path:
    """Three commits, a tag, a branch with an odd name, a hook that must not run, a hostile commit message."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in range(3):
        (folder / "file.txt").write_text(f"version {number}\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"##vso[task.setvariable variable=owned]{number}")
    git(folder, "tag", "v1")
    git(folder, "branch", "feature/$(touch${IFS}pwned);`id`")
    return folder


def source(repository: Path, sha: str, ref: str = "refs/heads/main") -> RepositorySource:
    return RepositorySource("repo", "https://example.org/repo.git", str(repository), ref, Commit(sha))


def test_the_commit_is_checked_out(run_job: Make, task: Make, repository: Path, git: Any) -> None:
    sha = git(repository, "rev-parse", "HEAD~1")
    job = run_job(
        task("Checkout@1", {"repository": "self"}),
        "cat file.txt; git rev-parse HEAD; git status --short --branch; git remote get-url origin; "
        "git rev-list --count HEAD; git rev-parse origin/main",
        'echo "owned: [$(owned)]"',
        source=source(repository, sha),
    )
    assert job.output(2).splitlines() == [
        "version 1",
        sha,
        "## HEAD (no branch)",
        "https://example.org/repo.git",
        "2",
        sha,
    ]
    assert "##[command]git" in job.log(1) or "[command]git checkout --force --detach " in job.log(1)
    assert "HEAD is now at" in job.log(1)
    assert job.log(3).count("owned: [$(owned)]") >= 1


def test_a_bare_repository_serves_as_well(
    run_job: Make, task: Make, repository: Path, git: Any, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    sha = git(repository, "rev-parse", "HEAD")
    job = run_job(task("Checkout@1"), "cat file.txt", source=source(tmp_path / "bare.git", sha))
    assert job.output(2) == "version 2\n"


def test_an_odd_branch_name_reaches_no_shell(run_job: Make, task: Make, repository: Path, git: Any) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    ref = "refs/heads/feature/$(touch${IFS}pwned);`id`"
    job = run_job(task("Checkout@1"), "ls -A", source=source(repository, sha, ref))
    assert job.result == "Succeeded"
    assert job.output(2) == ".git\nfile.txt\n"


def test_hooks_and_templates_of_the_machine_do_not_run(
    run_job: Make, task: Make, repository: Path, git: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
    (hooks / "post-checkout").chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[init]\ntemplateDir = {tmp_path}/template\n[core]\nhooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    job = run_job(task("Checkout@1"), source=source(repository, git(repository, "rev-parse", "HEAD")))
    assert job.result == "Succeeded"
    assert not (tmp_path / "hook-ran").exists()


@pytest.mark.parametrize(("depth", "count"), [("0", "3"), ("1", "1"), ("2", "2")])
def test_the_depth_is_as_asked(run_job: Make, task: Make, repository: Path, git: Any, depth: str, count: str) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    job = run_job(
        task("Checkout@1", {"fetchDepth": depth}), "git rev-list --count HEAD", source=source(repository, sha)
    )
    assert job.output(2) == f"{count}\n"


def test_tags_come_when_asked(run_job: Make, task: Make, repository: Path, git: Any) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    job = run_job(task("Checkout@1", {"fetchTags": "true"}), "git tag", source=source(repository, sha))
    assert job.output(2) == "v1\n"


def test_another_folder_becomes_the_sources(run_job: Make, task: Make, repository: Path, git: Any) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    job = run_job(
        task("Checkout@1", {"path": "code/here"}),
        'pwd; echo "$BUILD_SOURCESDIRECTORY"; cat file.txt',
        source=source(repository, sha),
    )
    folder = f"{job.dir}/work/code/here"
    assert job.output(2) == f"{folder}\n{folder}\nversion 2\n"


@pytest.mark.parametrize("path", ["..", "../../x", "/etc/x", "s/../.."])
def test_a_path_may_not_leave_the_workspace(run_job: Make, task: Make, repository: Path, git: Any, path: str) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    job = run_job(task("Checkout@1", {"path": path}), source=source(repository, sha))
    assert job.results == ["Failed"]
    assert "outside the workspace" in job.issues("error")[0]


@pytest.mark.parametrize("depth", ["0", "1"])
def test_a_missing_commit_is_explained(run_job: Make, task: Make, repository: Path, depth: str) -> None:
    job = run_job(task("Checkout@1", {"fetchDepth": depth}), source=source(repository, "1" * 40))
    assert job.results == ["Failed"]
    assert f"Commit {'1' * 40} is not in {repository} (refs/heads/main)" in job.issues("error")[-1]


@pytest.mark.parametrize("sha", ["", "--upload-pack=touch x", "HEAD", "main"])
def test_what_is_no_commit_id_is_refused(run_job: Make, task: Make, repository: Path, sha: str) -> None:
    job = run_job(task("Checkout@1"), source=source(repository, sha))
    assert job.results == ["Failed"]
    assert "is not a commit id" in job.issues("error")[0]


def test_a_missing_repository_is_explained(run_job: Make, task: Make, tmp_path: Path) -> None:
    job = run_job(task("Checkout@1"), source=source(tmp_path / "gone", "1" * 40))
    assert f"there is no git repository at {tmp_path}/gone" in job.issues("error")[0]


def test_none_checks_nothing_out_and_an_unknown_repository_is_an_error(run_job: Make, task: Make) -> None:
    job = run_job(task("Checkout@1", {"repository": "none"}), task("Checkout@1", {"repository": "other"}))
    assert job.results == ["Succeeded", "Failed"]
    assert "this run has no repository 'other'" in job.issues("error")[0]


def test_submodules_are_checked_out_when_asked(
    run_job: Make, task: Make, repository: Path, git: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text('[protocol "file"]\nallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "inner")
    git(outer, "commit", "-q", "-m", "with a submodule")
    job = run_job(
        task("Checkout@1", {"submodules": "true"}),
        "cat inner/file.txt",
        source=source(outer, git(outer, "rev-parse", "HEAD")),
    )
    assert job.output(2) == "version 2\n"
