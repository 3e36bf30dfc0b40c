"""https://learn.microsoft.com/azure/devops/pipelines/build/variables#system-variables-devops-services"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source import merge_commit
from drivetrain.source.events import PullRequest
from drivetrain.source.git import Git, GitError, git, text_of
from drivetrain.source.merging import Conflict, Merge, checked_ref, merged
from tests.unit.source.conftest import make

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.source.conftest import Repository


class Asked:
    """A repository with `main`, and a pull request of the branch `feature`."""

    def __init__(self, folder: Path, work: Repository) -> None:
        self.work = work
        work.commit("Base", train_py="a\nb\nc\n", other_txt="1\n")
        work.git("branch", "feature")
        self.base = work.commit("On main", train_py="a\nb\nC\n")
        work.git("checkout", "--quiet", "feature")
        self.head = work.commit("On feature", train_py="A\nb\nc\n", new_txt="new\n")
        work.git("checkout", "--quiet", "main")
        self.git = Git(folder / "mirrors")
        self.url = work.path.as_uri()
        self.request = PullRequest(7, "A title", "ada", "refs/heads/feature", self.head, "refs/heads/main")

    def merge(self, **more: str) -> Merge:
        found = merged(self.git, more.pop("url", self.url), self.request, **more)
        assert isinstance(found, Merge), found
        return found

    def refs(self, repo: Path) -> list[str]:
        return text_of(git(["for-each-ref", "--format=%(refname)"], cwd=repo)).split()


@pytest.fixture
def asked(tmp_path: Path, work: Repository) -> Asked:
    return Asked(tmp_path, work)


def show(repo: Path, sha: str, form: str) -> str:
    return text_of(git(["show", "--no-patch", f"--format={form}", sha, "--"], cwd=repo)).strip()


@pytest.fixture(params=[(2, 39), (2, 20)], ids=["merge-tree", "older git"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_commit, "version", lambda: request.param)


@pytest.mark.usefixtures("either_way")
def test_the_merge_has_both_changes_and_both_parents(asked: Asked) -> None:
    found = asked.merge()
    assert show(found.repo, found.sha, "%P") == f"{asked.base} {asked.head}"
    assert show(found.repo, found.sha, "%s|%an|%ce") == (
        "Merge pull request 7 from feature into main|Drivetrain|drivetrain@localhost"
    )
    assert git(["show", f"{found.sha}:train.py"], cwd=found.repo) == b"A\nb\nC\n"
    assert git(["show", f"{found.sha}:new.txt"], cwd=found.repo) == b"new\n"
    assert (found.target_sha, found.by_host) == (asked.base, False)
    assert [path.name for path in found.repo.parent.iterdir() if path.is_dir()] == [found.repo.name]


def test_the_same_two_commits_make_the_same_merge(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked.merge()
    monkeypatch.setattr(merge_commit, "version", lambda: (2, 20))
    asked.git = Git(tmp_path / "another home")
    assert asked.merge().sha == first.sha
    assert show(first.repo, first.sha, "%ct") == show(first.repo, asked.head, "%ct")


@pytest.mark.usefixtures("either_way")
def test_a_conflict_names_its_files(asked: Asked) -> None:
    asked.work.commit("Also on main", train_py="X\nb\nC\n", new_txt="another\n")
    found = merged(asked.git, asked.url, asked.request)
    assert isinstance(found, Conflict)
    assert found.paths == ("new.txt", "train.py")
    assert found.why == "the merge has conflicts in new.txt, train.py"
    assert asked.refs(asked.git.mirror_path(asked.url)) == [
        "refs/drivetrain/pull/7/head",
        "refs/drivetrain/pull/7/target",
    ]


def test_branches_that_never_met_are_a_conflict(asked: Asked) -> None:
    asked.work.git("checkout", "--quiet", "--orphan", "alone")
    asked.request = replace(asked.request, head_sha=asked.work.commit("Alone"), source="refs/heads/alone")
    found = merged(asked.git, asked.url, asked.request)
    assert isinstance(found, Conflict)
    assert found.why == "the branches have no commit in common"


@pytest.mark.parametrize("ref", ["refs/pull/7/merge", "refs/merge-requests/7/merge"])
def test_the_merge_of_the_host_counts_when_it_is_of_the_present_commits(asked: Asked, ref: str) -> None:
    asked.work.git("checkout", "--quiet", "--detach", "main")
    asked.work.git("merge", "--quiet", "--no-ff", "-m", "The host's", "feature")
    theirs = asked.work.git("rev-parse", "HEAD")
    asked.work.git("update-ref", ref, theirs)
    asked.work.git("checkout", "--quiet", "main")
    found = asked.merge()
    assert (found.sha, found.by_host) == (theirs, True)
    assert f"refs/drivetrain/pull/7/{theirs}" in asked.refs(found.repo)

    newer = asked.work.commit("Main moves on")
    found = asked.merge()
    assert found.by_host is False
    assert show(found.repo, found.sha, "%P") == f"{newer} {asked.head}"


def test_a_head_that_only_the_ref_of_the_host_has_is_fetched(asked: Asked) -> None:
    asked.work.git("update-ref", "refs/pull/7/head", asked.head)
    asked.work.git("branch", "-D", "feature")
    assert show((found := asked.merge()).repo, found.sha, "%P").endswith(asked.head)


def test_the_head_of_a_fork_comes_from_there(asked: Asked, tmp_path: Path) -> None:
    fork = make(tmp_path / "fork")
    fork.git("pull", "--quiet", asked.url, "main")
    head = fork.commit("From afar", far_txt="far\n")
    asked.request = replace(
        asked.request, fork=True, source_url=fork.path.as_uri(), source="refs/heads/main", head_sha=head
    )
    assert show((found := asked.merge()).repo, found.sha, "%P") == f"{asked.base} {head}"


@pytest.mark.parametrize("url", ["ext::touch pwned", "--upload-pack=x", "git://x/y", "/etc"])
def test_a_fork_is_fetched_by_network_only(asked: Asked, url: str) -> None:
    request = replace(asked.request, fork=True, source_url=url, head_sha="1" * 40)
    asked.git = Git(asked.work.path.parent / "mirrors")
    with pytest.raises(UserError, match="fork of pull request 7 has no URL by https or ssh"):
        merged(asked.git, "http://localhost:1/x.git" if url == "/etc" else asked.url, request)


def test_nothing_is_written_into_a_repository_in_a_folder(asked: Asked) -> None:
    before = asked.work.fingerprint()
    found = asked.merge(url=str(asked.work.path))
    assert show(found.repo, found.sha, "%P") == f"{asked.base} {asked.head}"
    assert asked.work.fingerprint() == before
    assert not found.repo.is_relative_to(asked.work.path)


def test_nothing_takes_a_merge_away_when_branches_go(asked: Asked) -> None:
    found = asked.merge()
    asked.work.git("branch", "-D", "feature")
    asked.work.git("update-ref", "refs/heads/main", f"{asked.base}^")
    asked.git.mirror(asked.url)
    git(["gc", "--quiet", "--prune=now"], cwd=found.repo)
    assert show(found.repo, found.sha, "%P") == f"{asked.base} {asked.head}"


def test_the_target_may_be_said(asked: Asked) -> None:
    asked.work.commit("Newer")
    assert asked.merge(target_sha=asked.base).target_sha == asked.base


@pytest.mark.parametrize("name", ["$(reboot)", ";reboot", "`x`", "a'b", "ünï\u00a0\u2028", "-f", "&&x"])
def test_hostile_names_are_only_names(asked: Asked, name: str) -> None:
    asked.work.git("update-ref", f"refs/heads/x/{name}", asked.head)
    asked.request = replace(asked.request, source=f"refs/heads/x/{name}", title="$(reboot)\n`reboot`")
    found = asked.merge()
    assert show(found.repo, found.sha, "%B") == f"Merge pull request 7 from x/{name} into main"


@pytest.mark.parametrize(
    "name",
    [
        *("main", "", "refs/", "refs/heads/a b", "refs/heads/a:b", "refs/heads/..", "refs/heads/a\n", "refs/heads/*"),
        *("--upload-pack=x", "refs/heads/a.lock", "refs/heads/a@{1}", "refs/heads/a/", "refs/heads/.a"),
    ],
)
def test_what_is_no_ref_goes_nowhere(asked: Asked, name: str) -> None:
    with pytest.raises(UserError, match="not the name of a ref"):
        checked_ref(name)
    with pytest.raises(UserError):
        merged(asked.git, asked.url, replace(asked.request, target=name))


def test_a_head_that_is_gone_is_told(asked: Asked) -> None:
    asked.request = replace(asked.request, head_sha="1" * 40)
    with pytest.raises(NotFoundError, match="commit 11111111 of pull request 7 is not there any more"):
        asked.merge()


def test_a_target_that_is_gone_is_told(asked: Asked) -> None:
    asked.request = replace(asked.request, target="refs/heads/gone")
    with pytest.raises(NotFoundError, match="there is no refs/heads/gone any more"):
        asked.merge()


def test_a_host_that_does_not_answer_is_no_refusal(asked: Asked) -> None:
    with pytest.raises(GitError):
        merged(asked.git, "http://127.0.0.1:9/none.git", asked.request)


def test_what_this_machine_says_of_merges_does_not_count(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked.merge().sha
    config, attributes = tmp_path / "config", tmp_path / "attributes"
    config.write_text(
        f'[core]\nattributesFile = {attributes}\n[merge "own"]\ndriver = false\n[merge]\nrenames = false\n'
    )
    attributes.write_text("* merge=own\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.fspath(config))
    asked.git = Git(tmp_path / "another home")
    assert asked.merge().sha == first
