"""What scripts find in a checkout: the repository that the Azure agent's own commands leave.

`GitSourceProvider.cs` and `GitCliManager.cs` in https://github.com/microsoft/azure-pipelines-agent
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Make = Any
ODD = ("$(reboot)", ";reboot", "`x`", "ünï\u00a0", "a/b/c", "&&x", "%s")
LOOKS = (
    "git for-each-ref",
    "git log --format=%H%d --decorate=full HEAD",
    "git status --short --branch",
    "git describe --always --tags",
    "git diff --stat origin/main",
    "git merge-base origin/main origin/side",
    "git remote -v",
    "git config remote.origin.fetch",
    "git config core.bare",
    "git symbolic-ref HEAD || echo detached",
    "git rev-list --count --all",
)


@pytest.fixture
def origin(tmp_path: Path, git: Any) -> Path:
    """`main` with three commits, `side` apart from it, a tag, and branches with odd names."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in range(3):
        (folder / "file.txt").write_text(f"{number}\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"Commit {number}")
    git(folder, "tag", "-a", "v1", "-m", "v1", "HEAD~1")
    git(folder, "checkout", "-q", "-b", "side", "HEAD~1")
    (folder / "side.txt").write_text("side\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Aside")
    git(folder, "checkout", "-q", "main")
    for name in ODD:
        git(folder, "update-ref", f"refs/heads/odd/{name}", "HEAD~2")
    return folder


@pytest.fixture
def source(origin: Path, git: Any) -> RepositorySource:
    return RepositorySource("o", str(origin), str(origin), "refs/heads/main", Commit(git(origin, "rev-parse", "HEAD")))


@pytest.fixture
def agent(tmp_path: Path, git: Any) -> Callable[..., Path]:
    """Checks out as the agent does, by its commands."""

    def check_out(source: RepositorySource, *fetch: str) -> Path:
        folder = tmp_path / "agent"
        folder.mkdir()
        git(folder, "init", "-q")
        git(folder, "remote", "add", "origin", source.uri)
        git(folder, "config", "gc.auto", "0")
        git(folder, "fetch", "-q", "--force", "--prune", "--no-recurse-submodules", *fetch)
        git(folder, "checkout", "-q", "--force", "--detach", source.commit.sha)
        return folder

    return check_out


def look(folder: Path) -> dict[str, str]:
    """What git says of a repository, in a user's shell."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return {
        command: subprocess.run(
            ["bash", "-c", command], cwd=folder, env=env, text=True, capture_output=True, check=False
        ).stdout
        for command in LOOKS
    }


@pytest.mark.parametrize(
    ("inputs", "fetch"),
    [
        ({}, ("--no-tags", "origin")),
        ({"fetchTags": "true"}, ("--tags", "origin")),
        ({"fetchDepth": "2"}, ("--no-tags", "--depth=2", "origin", "SHA:refs/remotes/origin/main")),
    ],
    ids=["all", "tags", "depth"],
)
def test_the_repository_is_the_one_that_the_agent_makes(
    run_job: Make, task: Make, source: RepositorySource, agent: Any, inputs: dict[str, str], fetch: tuple[str, ...]
) -> None:
    job = run_job(task("Checkout@1", inputs), source=source)
    assert job.result == "Succeeded", job.log(1)
    theirs = agent(source, *(word.replace("SHA", source.commit.sha) for word in fetch))
    ours = job.dir / "work" / "s"
    assert look(ours) == look(theirs)
    assert look(ours)["git for-each-ref"]
    subprocess.run(["git", "fsck", "--strict", "--no-dangling"], cwd=ours, check=True, capture_output=True)


def test_a_pull_request_has_its_merge_where_the_agent_puts_it(
    run_job: Make, task: Make, source: RepositorySource, agent: Any, origin: Path, git: Any
) -> None:
    git(origin, "update-ref", "refs/pull/7/merge", "main")
    pull = replace(source, ref="refs/pull/7/merge")
    job = run_job(task("Checkout@1"), source=pull)
    theirs = agent(
        pull,
        "--no-tags",
        "origin",
        "+refs/heads/*:refs/remotes/origin/*",
        "+refs/pull/7/merge:refs/remotes/pull/7/merge",
    )
    assert look(job.dir / "work" / "s") == look(theirs)


def test_the_branch_of_the_run_is_at_its_commit_wherever_it_has_gone(
    run_job: Make, task: Make, source: RepositorySource, origin: Path, git: Any
) -> None:
    """A re-run sees what the run saw; and a branch that is gone may have become a folder of names."""
    (origin / "file.txt").write_text("newer\n")
    git(origin, "commit", "-q", "-a", "-m", "Newer")
    git(origin, "branch", "gone/deeper")
    shown = "git rev-parse origin/main HEAD; git branch -r --list 'origin/gone*'"
    assert run_job(task("Checkout@1"), shown, source=source).output(2).split() == [source.commit.sha] * 2 + [
        "origin/gone/deeper"
    ]
    gone = run_job(task("Checkout@1"), shown, source=replace(source, ref="refs/heads/gone"))
    assert gone.output(2).split()[2:] == ["origin/gone"]


def test_a_script_commits_without_touching_the_repository_that_lends(
    run_job: Make, task: Make, source: RepositorySource, origin: Path
) -> None:
    def lender() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in origin.rglob("*") if path.is_file()}

    before = lender()
    work = (
        "git config user.name A && git config user.email a@b && echo x > new && git add new && git commit -q -m new && "
        "git branch mine && git tag tagged && git gc -q && git stash list && git push -q . HEAD:refs/heads/pushed && "
        "git log --format=%s -2 mine && git rev-parse --is-shallow-repository && git worktree add -q ../other mine"
    )
    job = run_job(task("Checkout@1"), work, source=source)
    assert job.result == "Succeeded", job.log(2)
    assert job.output(2).split("\n") == ["new", "Commit 2", "false", ""]
    assert lender() == before


def test_origin_can_be_fetched_from(run_job: Make, task: Make, source: RepositorySource, origin: Path) -> None:
    script = f"git -C {origin} branch later && git fetch -q origin && git branch -r --list 'origin/later'"
    assert run_job(task("Checkout@1"), script, source=source).output(2).split() == ["origin/later"]


def test_a_checkout_at_the_same_place_keeps_what_scripts_have_made(
    run_job: Make, task: Make, source: RepositorySource, tmp_path: Path, git: Any
) -> None:
    git(tmp_path, "clone", "-q", source.uri, "other")
    other = replace(source, uri=str(tmp_path / "other"), fetch_from=str(tmp_path / "other"))
    job = run_job(
        task("Checkout@1", {"path": "s"}),
        "git config user.name Kept; git tag mine; git pack-refs --all; git update-ref refs/remotes/origin/stale HEAD",
        task("Checkout@1", {"path": "s", "repository": "other"}),
        "git config user.name; git remote get-url origin; git for-each-ref --format='%(refname)'",
        source=source,
        repositories={"other": other},
    )
    assert job.output(4).split() == ["Kept", other.uri, "refs/remotes/origin/main", "refs/tags/mine"]


def test_a_repository_whose_history_is_cut_off_lends_what_it_has(
    run_job: Make, task: Make, source: RepositorySource, tmp_path: Path, git: Any
) -> None:
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{source.uri}", "cut")
    cut = replace(source, fetch_from=str(tmp_path / "cut"))
    assert run_job(task("Checkout@1"), "git log --format=%s", source=cut).output(2).split("\n") == [
        "Commit 2",
        "Commit 1",
        "",
    ]


def test_a_linked_work_tree_and_a_submodule_lend_too(
    run_job: Make, task: Make, source: RepositorySource, origin: Path, tmp_path: Path, git: Any
) -> None:
    git(origin, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    for place in (tmp_path / "linked", origin / ".git" / "worktrees" / "linked"):
        job = run_job(task("Checkout@1"), "cat file.txt", source=replace(source, fetch_from=str(place)))
        assert job.output(2) == "2\n"


def test_a_repository_of_longer_ids_is_checked_out(run_job: Make, task: Make, tmp_path: Path, git: Any) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main", "--object-format=sha256")
    git(folder, "commit", "-q", "--allow-empty", "-m", "long")
    sha = git(folder, "rev-parse", "HEAD")
    assert len(sha) == 64
    made = RepositorySource("long", str(folder), str(folder), "refs/heads/main", Commit(sha))
    assert run_job(task("Checkout@1"), "git rev-parse HEAD origin/main", source=made).output(2).split() == [sha, sha]


@pytest.mark.parametrize("url", ['https://x/a"b\\c.git', "https://x/a b\tc", "https://x/#;[core]", "a\nb"])
def test_an_odd_address_is_only_an_address(run_job: Make, task: Make, source: RepositorySource, url: str) -> None:
    job = run_job(task("Checkout@1"), source=replace(source, uri=url))
    config = ["git", "config", "--file", str(job.dir / "work/s/.git/config"), "-z"]
    assert subprocess.run([*config, "remote.origin.url"], capture_output=True, check=True).stdout == f"{url}\0".encode()
    assert b"core.bare\nfalse" in subprocess.run([*config, "--list"], capture_output=True, check=True).stdout


def test_trees_that_would_trick_a_checkout_stay_within_it(run_job: Make, task: Make, tmp_path: Path, git: Any) -> None:
    """A link out of the checkout, a file below it, and names that differ in case alone; the message is a megabyte."""
    folder = tmp_path / "tricky"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "link").symlink_to(outside)
    for name in ("README", "readme", "-f", "--force", "a\tb"):
        (folder / name).write_text(f"{name}\n")
    git(folder, "add", "--all", ".")
    (folder / "message").write_text("##vso[task.complete result=Failed]\n" * 30_000)
    git(folder, "commit", "-q", "--file", "message", "--cleanup=verbatim")
    sha = git(folder, "rev-parse", "HEAD")
    made = RepositorySource("t", str(folder), str(folder), "refs/heads/main", Commit(sha))
    job = run_job(task("Checkout@1"), "cat README readme ./-f; readlink link; git status --short", source=made)
    assert job.results == ["Succeeded", "Succeeded"]
    assert job.output(2).splitlines() == ["README", "readme", "-f", str(outside)]
    assert list(outside.iterdir()) == []
