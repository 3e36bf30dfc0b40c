"""Names of branches, tags and commits, as a pipeline file gives them, to a commit of a local repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.git import SHA, commit_sha, is_zero

if TYPE_CHECKING:
    from pathlib import Path

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
HEAD = "HEAD"
"""What is checked out; of a remote repository its default branch."""
MAIN = "refs/heads/main"
"""https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository"""

_ILLEGAL = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(?:/|$)|(?:^|/)\.|^[-/]|[/.]$|^@$")
"""https://git-scm.com/docs/git-check-ref-format, and nothing that begins as an option does."""


class Found(NamedTuple):
    """A commit and the name by which it was found: a full ref, or the commit's own id."""

    ref: str
    sha: str


def candidates(ref: str) -> tuple[str, ...]:
    """The full names that a name may stand for, the first that exists is meant. Raises UserError for an illegal one.

    A short name is a branch before it is a tag, as on Azure.
    """
    if _ILLEGAL.search(ref) or not ref:
        raise UserError(f"{ref!r} is no name of a branch or tag", hint="such as refs/heads/main or refs/tags/v1")
    if ref.startswith("refs/") or ref == HEAD:
        return (ref,)
    if SHA.fullmatch(ref.lower()):
        return (ref.lower(),)
    return (f"{BRANCHES}{ref}", f"{TAGS}{ref}")


def stays(ref: str) -> bool:
    """Whether a name always means the same: a tag or a commit, not a branch."""
    return ref.startswith(TAGS) or SHA.fullmatch(ref.lower()) is not None


def find(repo: Path, ref: str) -> Found | None:
    """The commit that a name means in a local repository; None when it has no such ref. Raises UserError."""
    for name in candidates(ref):
        try:
            sha = commit_sha(repo, name)
        except NotFoundError:
            continue
        if not is_zero(sha):
            return Found(name, sha)
    return None
