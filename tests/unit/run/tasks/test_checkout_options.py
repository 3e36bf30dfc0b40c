from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.run.model import RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from pathlib import Path

Make = Any


def source(repository: Path, git: Any) -> RepositorySource:
    sha = git(repository, "rev-parse", "HEAD")
    return RepositorySource("repo", str(repository), str(repository), "refs/heads/main", Commit(sha))


@pytest.fixture
def inner(tmp_path: Path, git: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that may be a submodule, on a machine that allows submodules in folders."""
    config = tmp_path / "gitconfig"
    config.write_text('[protocol "file"]\nallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return repository(tmp_path / "inner", git)


def repository(folder: Path, git: Any, **modules: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "file.txt").write_text(f"of {folder.name}\n")
    for name, module in modules.items():
        git(folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), name)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.mark.parametrize(
    ("submodules", "found"), [("false", []), ("true", ["inner"]), ("recursive", ["inner", "most"])]
)
def test_submodules_go_as_deep_as_asked(
    run_job: Make, task: Make, git: Any, tmp_path: Path, inner: Path, submodules: str, found: list[str]
) -> None:
    middle = repository(tmp_path / "middle", git, most=inner)
    outer = repository(tmp_path / "outer", git, inner=middle)
    job = run_job(
        task("Checkout@1", {"submodules": submodules}),
        "find . -name file.txt -not -path './file.txt' | sort",
        source=source(outer, git),
    )
    places = {"inner": "./inner/file.txt", "most": "./inner/most/file.txt"}
    assert job.output(2).split() == [places[name] for name in found]


def test_a_submodule_that_cannot_be_fetched_is_explained(
    run_job: Make, task: Make, git: Any, tmp_path: Path, inner: Path
) -> None:
    outer = repository(tmp_path / "outer", git, inner=inner)
    shutil.rmtree(inner)
    job = run_job(task("Checkout@1", {"submodules": "true"}), source=source(outer, git))
    assert job.results == ["Failed"]
    assert f"The submodule 'inner' cannot be fetched from {inner}" in job.issues("error")[0]


def test_clean_also_cleans_submodules(run_job: Make, task: Make, git: Any, tmp_path: Path, inner: Path) -> None:
    outer = repository(tmp_path / "outer", git, inner=inner)
    again = {"submodules": "true", "clean": "true", "path": "s/code"}
    job = run_job(
        task("Checkout@1", again),
        "cd code; touch new inner/new; echo changed > file.txt; echo changed > inner/file.txt",
        task("Checkout@1", again),
        source=source(outer, git),
    )
    assert job.results == ["Succeeded"] * 3, job.log(3)
    folder = job.dir / "work/s/code"
    assert (folder / "inner/file.txt").read_text() == "of inner\n"
    assert not (folder / "new").exists()
    assert not (folder / "inner/new").exists()


@pytest.mark.parametrize("wanted", ["blob:none", "tree:0", "blob:limit=1m", "combine:blob:none+tree:3"])
def test_a_filter_that_git_knows_changes_nothing(
    run_job: Make, task: Make, git: Any, tmp_path: Path, wanted: str
) -> None:
    outer = repository(tmp_path / "outer", git)
    job = run_job(task("Checkout@1", {"fetchFilter": wanted}), "cat file.txt", source=source(outer, git))
    assert job.output(2) == "of outer\n"


def test_a_filter_that_git_does_not_know_is_refused(run_job: Make, task: Make, git: Any, tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", git)
    job = run_job(task("Checkout@1", {"fetchFilter": "everything"}), source=source(outer, git))
    assert job.results == ["Failed"]
    assert "fetchFilter 'everything' is not one that git knows" in job.issues("error")[0]


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed (scripts/containers installs it)")
@pytest.mark.parametrize(
    ("lfs", "shown"), [("true", "large\n"), ("false", "version https://git-lfs.github.com/spec/v1\n")]
)
def test_large_files_come_when_asked(run_job: Make, task: Make, git: Any, tmp_path: Path, lfs: str, shown: str) -> None:
    outer = repository(tmp_path / "outer", git)
    git(outer, "lfs", "install", "--local")
    git(outer, "lfs", "track", "*.bin")
    (outer / "a.bin").write_text("large\n")
    git(outer, "add", "-A")
    git(outer, "commit", "-q", "-m", "a large file")
    job = run_job(task("Checkout@1", {"lfs": lfs}), "head -n 1 a.bin", source=source(outer, git))
    assert job.output(2) == shown
