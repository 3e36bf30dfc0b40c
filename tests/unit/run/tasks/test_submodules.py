"""Submodules out of mirrors, as git's own commands find them afterwards."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Make = Any


@pytest.fixture(autouse=True)
def allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine permits submodules in folders, as its user has to say."""
    config = tmp_path / "gitconfig"
    config.write_text('[protocol "file"]\nallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return config


@pytest.fixture
def hub(tmp_path: Path, git: Any) -> Callable[..., Path]:
    """Makes repositories side by side; `modules` by path, with their address."""

    def make(name: str, **modules: str) -> Path:
        folder: Path = tmp_path / "hub" / name
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
        (folder / "file.txt").write_text(f"of {name}\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "First")
        for path, url in modules.items():
            own = tmp_path / "hub" / url.rpartition("/")[2]
            text = f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n'
            with (folder / ".gitmodules").open("a") as file:
                file.write(text)
            sha = git(own, "rev-parse", "HEAD") if own.exists() else "1" * 40
            git(folder, "update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
        if modules:
            git(folder, "add", ".gitmodules")
            git(folder, "commit", "-q", "-m", "With submodules")
        return folder

    return make


def commit(git: Any, folder: Path, message: str) -> None:
    git(folder, "add", ".gitmodules")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture
def source(git: Any) -> Callable[[Path], RepositorySource]:
    def make(folder: Path) -> RepositorySource:
        sha = git(folder, "rev-parse", "HEAD")
        return RepositorySource(folder.name, f"file://{folder}", str(folder), "refs/heads/main", Commit(sha))

    return make


def test_git_finds_all_as_it_would_have_left_it(run_job: Make, task: Make, hub: Any, source: Any) -> None:
    hub("inner")
    hub("middle", deep="../inner")
    outer = hub("outer", lib="../middle")
    script = (
        "git submodule status --recursive | cut -c1,42-; git -C lib/deep remote get-url origin; git status --short; "
        "git submodule update --init --recursive && "
        "git submodule foreach --quiet --recursive 'git rev-parse origin/main' | wc -l && "
        "cd lib/deep && git switch -q -c mine && git log --format=%s && cd ../.. && git status --short"
    )
    job = run_job(task("Checkout@1", {"submodules": "recursive"}), script, source=source(outer))
    assert job.result == "Succeeded", job.log(2)
    assert job.output(2).splitlines() == [
        "  lib (remotes/origin/main)",
        "  lib/deep (remotes/origin/main)",
        f"file://{outer.parent}/inner",
        "2",
        "First",
    ]


def test_a_submodule_is_fetched_once_and_then_comes_from_its_mirror(
    run_job: Make, task: Make, hub: Any, source: Any
) -> None:
    inner = hub("inner")
    outer = source(hub("outer", lib=f"file://{inner}"))
    job = run_job(
        task("Checkout@1", {"submodules": "true", "path": "one"}),
        f"rm -rf {inner}",
        task("Checkout@1", {"submodules": "true", "path": "two", "repository": "again"}),
        "cat $(Pipeline.Workspace)/one/lib/file.txt $(Pipeline.Workspace)/two/lib/file.txt",
        source=outer,
        repositories={"again": outer},
    )
    assert job.result == "Succeeded", job.log(3)
    assert job.output(4) == "of inner\n" * 2


def test_a_commit_on_no_branch_is_fetched_by_its_id(run_job: Make, task: Make, hub: Any, source: Any, git: Any) -> None:
    inner = hub("inner")
    outer = hub("outer", lib="../inner")
    git(inner, "commit", "-q", "--amend", "-m", "Rewritten")
    git(inner, "config", "uploadpack.allowAnySHA1InWant", "true")
    job = run_job(task("Checkout@1", {"submodules": "true"}), "git -C lib log --format=%s", source=source(outer))
    assert job.output(2) == "First\n"


def test_history_is_cut_off_for_submodules_too(run_job: Make, task: Make, hub: Any, source: Any, git: Any) -> None:
    git(hub("inner"), "commit", "-q", "--allow-empty", "-m", "Second")
    job = run_job(
        task("Checkout@1", {"submodules": "true", "fetchDepth": "1"}),
        "git -C lib rev-list --count HEAD; git rev-list --count HEAD",
        source=source(hub("outer", lib="../inner")),
    )
    assert job.output(2) == "1\n1\n"


def test_a_folder_of_this_machine_needs_its_users_permission(
    run_job: Make, task: Make, hub: Any, source: Any, allowed: Path
) -> None:
    allowed.write_text("")
    inner = hub("inner")
    for url in (f"file://{inner}", str(inner), "../inner"):
        outer = hub(f"outer{len(url)}", lib=url)
        job = run_job(task("Checkout@1", {"submodules": "true"}), source=source(outer))
        assert job.results == ["Failed"]
        assert "the submodule 'lib' is in a folder of this machine" in job.issues("error")[0]
        assert "`git config --global protocol.file.allow always` permits such" in job.issues("error")[0]


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (
            '[submodule "x"]\n\tpath = lib\n\turl = ext::touch pwned\n',
            "the address 'ext::touch pwned', which is refused",
        ),
        ('[submodule "x"]\n\tpath = lib\n\turl = --upload-pack=x\n', "the address '--upload-pack=x', which is refused"),
        ('[submodule "x"]\n\tpath = lib\n\turl = ' + "../" * 40 + "x\n", "leaves file://"),
        ('[submodule "../../x"]\n\tpath = lib\n\turl = ../inner\n', "'../../x' in .gitmodules cannot be the name"),
        ('[submodule "x"]\n\tpath = other\n\turl = ../inner\n', "No url found for submodule path 'lib'"),
    ],
)
def test_what_a_stranger_writes_is_refused(
    run_job: Make, task: Make, hub: Any, source: Any, git: Any, modules: str, said: str
) -> None:
    hub("inner")
    outer = hub("outer", lib="../inner")
    (outer / ".gitmodules").write_text(modules)
    commit(git, outer, "Hostile")
    job = run_job(task("Checkout@1", {"submodules": "true"}), source=source(outer))
    assert job.results == ["Failed"]
    assert said in job.issues("error")[0]
    assert not (job.dir / "work/s/pwned").exists()


def test_one_may_not_be_kept_within_another(run_job: Make, task: Make, hub: Any, source: Any, git: Any) -> None:
    """A repository within `objects` or `hooks` of another would write its files for it."""
    hub("inner")
    outer = hub("outer", a="../inner", b="../inner")
    text = (outer / ".gitmodules").read_text().replace('"b"', '"a/hooks"')
    (outer / ".gitmodules").write_text(text)
    commit(git, outer, "Hostile")
    job = run_job(task("Checkout@1", {"submodules": "true"}), source=source(outer))
    assert "the submodule 'a/hooks' would be kept within that of another" in job.issues("error")[0]


def test_what_is_not_to_be_updated_or_not_to_be_seen_is_left_out(
    run_job: Make, task: Make, hub: Any, source: Any, git: Any
) -> None:
    hub("inner")
    outer = hub("outer", lib="../inner", far="../inner")
    git(outer, "config", "--file", ".gitmodules", "submodule.far.update", "none")
    commit(git, outer, "Not this one")
    job = run_job(task("Checkout@1", {"submodules": "true"}), "ls lib far", source=source(outer))
    assert job.output(2).split() == ["far:", "lib:", "file.txt"]


def test_cancellation_does_not_wait_for_a_submodule(
    make_job: Make, task: Make, hub: Any, source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    """The host accepts and never answers."""
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep 1000\n")
    slow.chmod(0o755)
    shutil.rmtree(hub("inner"))
    outer = hub("outer", lib="ssh://nowhere.invalid/inner")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(slow))
    job = make_job(task("Checkout@1", {"submodules": "true"}), source=source(outer)).start()
    until((tmp_path / "asked").exists, "the fetch")
    (job.dir / "cancel").write_text("enough")
    job.wait()
    assert job.results == ["Canceled"]


def test_a_pull_request_of_a_fork_reads_no_folder(run_job: Make, task: Make, hub: Any, source: Any) -> None:
    hub("inner")
    outer = source(hub("outer", lib="../inner"))
    job = run_job(task("Checkout@1", {"submodules": "true"}), source=outer, restricted=True)
    assert "is in a folder, which a fork's pull request may not read" in job.issues("error")[0]
