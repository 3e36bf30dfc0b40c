"""Where checkouts of one and of several repositories go, and what later steps are told of it.

https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout
https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables-devops-services
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from pathlib import Path

Make = Any
SHOW = 'echo "$BUILD_SOURCESDIRECTORY|$BUILD_REPOSITORY_LOCALPATH|$SYSTEM_DEFAULTWORKINGDIRECTORY"; pwd'


@pytest.fixture
def repositories(tmp_path: Path, git: Any) -> dict[str, RepositorySource]:
    """`self`, named own, and two others."""
    return {alias: source(tmp_path / alias, git, name) for alias, name in
            (("self", "own"), ("Tools", "contoso/tools.git"), ("data", "Project/data"))}  # fmt: skip


def source(folder: Path, git: Any, name: str) -> RepositorySource:
    (folder / "src").mkdir(parents=True)
    (folder / "docs").mkdir()
    git(folder, "init", "-q", "-b", "main")
    for path in ("file.txt", "src/a.txt", "docs/b.txt"):
        (folder / path).write_text(f"{path} of {name}\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "All")
    sha = git(folder, "rev-parse", "HEAD")
    return RepositorySource(name, f"https://example.org/{name}", str(folder), "refs/heads/main", Commit(sha))


@pytest.fixture
def checked_out(run_job: Make, task: Make, repositories: dict[str, RepositorySource]) -> Make:
    """Run checkouts, then a script; gives the job and what the script wrote."""

    def run(*checkouts: dict[str, str], script: str = SHOW) -> tuple[Any, str]:
        others = {alias: known for alias, known in repositories.items() if alias != "self"}
        steps = [task("Checkout@1", inputs) for inputs in checkouts]
        job = run_job(*steps, script, source=repositories["self"], repositories=others)
        assert job.result == "Succeeded", job.issues("error")
        return job, job.output(len(checkouts) + 1).replace(f"{job.dir}/work", "W")

    return run


@pytest.mark.parametrize(
    ("checkouts", "told"),
    [
        ([{"repository": "self"}], "W/s|W/s|W/s\nW/s\n"),
        ([{"repository": "tools"}], "W/s|W/s|W/s\nW/s\n"),
        ([{"repository": "tools", "path": "s/x"}], "W/s/x|W/s/x|W/s/x\nW/s/x\n"),
        ([{"repository": "self"}, {"repository": "none"}], "W/s|W/s|W/s\nW/s\n"),
        ([{"repository": "self"}, {"repository": "tools"}], "W/s|W/s|W/s\nW/s\n"),
        ([{"repository": "self", "path": "code"}, {"repository": "tools"}], "W/s|W/code|W/s\nW/s\n"),
        ([{"repository": "self", "path": "s/own"}, {"repository": "tools"}], "W/s|W/s|W/s\nW/s\n"),
        ([{"repository": "self"}, {"repository": "tools", "path": "code"}], "W/s|W/s|W/s\nW/s\n"),
        (
            [{"repository": "self"}, {"repository": "tools", "workspaceRepo": "true"}],
            "W/s|W/s|W/s/tools\nW/s/tools\n",
        ),
    ],
)
def test_variables_follow_the_agent(checked_out: Make, checkouts: list[dict[str, str]], told: str) -> None:
    assert checked_out(*checkouts)[1] == told


def test_several_repositories_lie_side_by_side(checked_out: Make) -> None:
    every = [{"repository": alias} for alias in ("self", "TOOLS", "data")]
    job, text = checked_out(*every, script="ls; cat */file.txt; git -C tools remote get-url origin")
    assert text.splitlines() == [
        "data",
        "own",
        "tools",
        "file.txt of Project/data",
        "file.txt of own",
        "file.txt of contoso/tools.git",
        "https://example.org/contoso/tools.git",
    ]
    assert "Syncing repository: contoso/tools.git" in job.log(2)


def test_one_other_repository_alone_takes_the_place_of_self(checked_out: Make) -> None:
    assert checked_out({"repository": "data"}, script="cat file.txt")[1] == "file.txt of Project/data\n"


def test_a_path_counts_from_the_workspace(checked_out: Make) -> None:
    _, text = checked_out({"repository": "self"}, {"repository": "data", "path": "in/put"}, script="ls; ls ../in/put")
    assert text.splitlines() == ["own", "docs", "file.txt", "src"]


@pytest.mark.parametrize("name", ["..", "a/..", "../..", ".git/.."])
def test_a_hostile_name_does_not_leave_the_workspace(
    run_job: Make, task: Make, repositories: dict[str, RepositorySource], name: str, git: Any, tmp_path: Path
) -> None:
    hostile = source(tmp_path / "hostile", git, name)
    job = run_job(
        task("Checkout@1", {"repository": "self"}),
        task("Checkout@1", {"repository": "hostile"}),
        source=repositories["self"],
        repositories={"hostile": hostile},
    )
    assert job.results == ["Succeeded", "Failed"]
    assert "is outside the workspace" in job.issues("error")[0]


def test_two_checkouts_at_one_place_leave_the_second(checked_out: Make) -> None:
    both = [{"repository": "self", "path": "s"}, {"repository": "data", "path": "s"}]
    assert checked_out(*both, script="cat file.txt; git log --format=%s")[1] == "file.txt of Project/data\nAll\n"


@pytest.mark.parametrize(
    ("inputs", "files"),
    [
        ({"sparseCheckoutDirectories": "src"}, "file.txt src/a.txt"),
        ({"sparseCheckoutDirectories": "src docs"}, "docs/b.txt file.txt src/a.txt"),
        ({"sparseCheckoutPatterns": "/* !/docs"}, "file.txt src/a.txt"),
        ({"sparseCheckoutPatterns": "*.nothing", "sparseCheckoutDirectories": "docs"}, "docs/b.txt file.txt"),
        ({"sparseCheckoutDirectories": "src", "fetchDepth": "1"}, "file.txt src/a.txt"),
    ],
)
def test_a_sparse_checkout_has_only_what_was_asked_for(checked_out: Make, inputs: dict[str, str], files: str) -> None:
    script = "find . -name .git -prune -o -type f -print | cut -c3- | sort | paste -sd' '"
    assert checked_out({"repository": "self", **inputs}, script=script)[1] == f"{files}\n"


@pytest.mark.parametrize("kind", ["sparseCheckoutDirectories", "sparseCheckoutPatterns"])
def test_a_sparse_checkout_takes_no_options(
    run_job: Make, task: Make, repositories: dict[str, RepositorySource], kind: str
) -> None:
    job = run_job(task("Checkout@1", {kind: "src --stdin"}), source=repositories["self"])
    assert job.results == ["Failed"]
    assert "'--stdin' cannot be checked out sparsely" in job.issues("error")[0]


def test_clean_takes_away_what_steps_have_left(
    run_job: Make, task: Make, repositories: dict[str, RepositorySource]
) -> None:
    job = run_job(
        task("Checkout@1", {"path": "s"}),
        "echo changed > file.txt; mkdir new; echo new > new/file; ls",
        task("Checkout@1", {"path": "s", "clean": "true"}),
        "cat file.txt; ls",
        source=repositories["self"],
    )
    assert job.result == "Succeeded"
    assert job.output(4).splitlines() == ["file.txt of own", "docs", "file.txt", "src"]


@pytest.mark.parametrize(("code", "results"), [(0, ["Succeeded"]), (1, ["Failed"])])
def test_lfs_asks_git_lfs_to_take_part(
    run_job: Make,
    task: Make,
    repositories: dict[str, RepositorySource],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    results: list[str],
) -> None:
    stand_in = tmp_path / "bin" / "git-lfs"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\necho lfs was told: $*\nexit {code}\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    job = run_job(task("Checkout@1", {"lfs": "true"}), source=repositories["self"])
    assert job.results == results
    assert "lfs was told: install --local --skip-repo" in job.log(1)
    assert [message for message in job.issues("error") if "needs git-lfs" in message] == (
        ["`lfs: true` needs git-lfs, which is not there. Install it: https://git-lfs.com"] if code else []
    )
