"""The commit that a pull request is built at: its merge into the target branch as that is now.

The host's own merge counts when it is that of the present target and head; otherwise we make one, in a mirror of ours:
the same target and head always make the same commit. A repository in a folder of this machine is only read.
https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#pr-triggers
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.git import FETCH_SECONDS, GitError, checked_sha, git, has_commit, text_of
from drivetrain.source.locking import locked
from drivetrain.source.merge_commit import Conflict, make_merge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.source.events import PullRequest
    from drivetrain.source.git import Git

__all__ = ["Conflict", "Merge", "merged"]

_REF = re.compile(r"refs/(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])")
"""https://git-scm.com/docs/git-check-ref-format"""
_PARENTS = 2


class Merge(Struct, frozen=True):
    """The merge commit of a pull request, in a local repository."""

    sha: str
    repo: Path
    """Where it is; never a repository of the user."""
    target_sha: str
    """The commit of the target branch that it is a merge with."""
    by_host: bool = False
    """Whether the host has made it, so that others can see it, too."""


def merged(source: Git, url: str, request: PullRequest, target_sha: str = "") -> Merge | Conflict:
    """The merge of a pull request into its target, which is where the url has it now unless `target_sha` says where.

    Asks the url once what it has, and fetches only what the mirror lacks. Raises UserError when a name or commit id of
    the pull request is none, NotFoundError when its head or target is not there (any more), GitError when the url
    cannot be read now.
    """
    with source.reached(url) as (place, env):
        return _merged(source.own_mirror(url), _Asked(place, env, request), request, target_sha)


def _merged(repo: Path, asked: _Asked, request: PullRequest, target_sha: str) -> Merge | Conflict:
    with locked(repo):
        target = asked.target(repo, target_sha)
        asked.head(repo)
        found = asked.host_merge(repo, target)
        if found:
            return Merge(found, repo, target, by_host=True)
        made = make_merge(repo, request, target)
        if isinstance(made, Conflict):
            return made
        git(["update-ref", f"refs/drivetrain/pull/{request.number}/{made}", made], cwd=repo)
    return Merge(made, repo, target)


class _Asked:
    """What the url has of a pull request, and how that comes into the mirror."""

    def __init__(self, place: str, env: Mapping[str, str], request: PullRequest) -> None:
        self._request = request
        self._number = request.number
        self._place, self._env = place, env
        self._head = checked_sha(request.head_sha)
        self._target = checked_ref(request.target)
        self._fork = self._fork_place() if request.fork else ""
        self._merges = (f"refs/pull/{self._number}/merge", f"refs/merge-requests/{self._number}/merge")
        self._heads = (f"refs/pull/{self._number}/head", f"refs/merge-requests/{self._number}/head")
        self._has = self._listed([self._target, *self._merges, *self._heads])

    def _listed(self, names: list[str]) -> dict[str, str]:
        listing = text_of(git(["ls-remote", "--", self._place, *names], env=self._env))
        rows = (line.partition("\t") for line in listing.splitlines())
        return {name: sha for sha, _, name in rows if name in names}

    def target(self, repo: Path, wanted: str) -> str:
        """The commit of the target branch, in the mirror."""
        sha = checked_sha(wanted) if wanted else self._has.get(self._target, "")
        if not sha:
            raise NotFoundError(f"there is no {self._target} any more", hint="was the target branch deleted?")
        if not has_commit(repo, sha):
            self._fetch(repo, self._target)
        if not has_commit(repo, sha):
            raise NotFoundError(f"commit {sha[:8]} is not in {self._target}", hint="was the branch rewritten?")
        return sha

    def head(self, repo: Path) -> None:
        """Bring the head into the mirror: by the host's ref for it, by its id, by its branch where it comes from."""
        known = [name for name in self._heads if name in self._has]
        ways = [*((self._place, name) for name in known), *self._other_ways()]
        for place, name in ways:
            if has_commit(repo, self._head):
                return
            self._try(repo, place, name)
        if not has_commit(repo, self._head):
            raise NotFoundError(
                f"commit {self._head[:8]} of pull request {self._number} is not there any more",
                hint="was its branch rewritten? the host tells of the new commit, too",
            )

    def _other_ways(self) -> list[tuple[str, str]]:
        ways = [(self._place, self._head)]
        if not self._request.fork:
            ways.append((self._place, checked_ref(self._request.source)))
        elif self._fork:
            ways += [(self._fork, self._head), (self._fork, checked_ref(self._request.source))]
        return ways

    def _fork_place(self) -> str:
        """The URL of the fork, which a stranger may have chosen: a folder only where the repository is in one, too."""
        url = self._request.source_url
        near = _is_folder(url) and _is_folder(self._place)
        if url and not near and not re.match(r"(https?|ssh)://", url):
            raise UserError(f"the fork of pull request {self._number} has no URL by https or ssh")
        return url

    def _try(self, repo: Path, place: str, name: str) -> None:
        try:
            self._fetch(repo, name, place)
        except GitError:
            return  # A host may give no commit by its id; the next way may.

    def _fetch(self, repo: Path, name: str, place: str = "") -> None:
        kept = f"refs/drivetrain/pull/{self._number}/{'target' if name == self._target else 'head'}"
        words = ["fetch", "--quiet", "--no-tags", "--", place or self._place, f"+{name}:{kept}"]
        git(words, cwd=repo, env=self._env, seconds=FETCH_SECONDS)

    def host_merge(self, repo: Path, target: str) -> str:
        """The host's merge when it is that of this target and this head; empty when not (yet)."""
        for name in self._merges:
            sha = self._has.get(name, "")
            if not sha:
                continue
            if not has_commit(repo, sha):
                self._try_merge(repo, name)
            if has_commit(repo, sha) and _parents(repo, sha) == [target, self._head]:
                git(["update-ref", f"refs/drivetrain/pull/{self._number}/{sha}", sha], cwd=repo)
                return sha
        return ""

    def _try_merge(self, repo: Path, name: str) -> None:
        try:
            self._fetch(repo, name)
        except GitError:
            return  # It was taken away or made anew this very moment: ours is as good.


def _parents(repo: Path, sha: str) -> list[str]:
    listed = text_of(git(["rev-list", "--parents", "-n1", sha, "--"], cwd=repo)).split()[1:]
    return listed if len(listed) == _PARENTS else []


def _is_folder(url: str) -> bool:
    return url.startswith(("/", "file:///"))


def checked_ref(name: str) -> str:
    """The full name of a ref, when git could have one such: nothing else may reach a command line. Raises UserError."""
    if not _REF.fullmatch(name):
        raise UserError(f"{name!r} is not the name of a ref")
    return name
