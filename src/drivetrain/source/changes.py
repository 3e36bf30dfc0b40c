"""What a push brought: the facts that a trigger looks at, read from the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.source.git import (
    all_paths,
    changed_paths,
    commit_sha,
    has_commit,
    is_zero,
    merge_base,
    messages_between,
)
from drivetrain.source.matching import BRANCHES, TAGS
from drivetrain.source.model import Push

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.source.model import RefUpdate


def read_push(repo: Path, update: RefUpdate, default_branch: str) -> Push:
    """The push behind an update. A new branch is compared with where it left the default branch; when there is no
    such place, all its files count as changed. A tag brings no commits and no changes. Raises GitError.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#behavior-of-triggers-when-new-branches-are-created
    """
    if is_zero(update.new_sha):
        return Push(update.ref, (), deleted=True)
    if update.ref.startswith(TAGS):
        return Push(update.ref, ())
    base = _base(repo, update, default_branch)
    if not base:
        return Push(update.ref, all_paths(repo, update.new_sha))
    paths = changed_paths(repo, base, update.new_sha)
    return Push(update.ref, paths, messages_between(repo, base, update.new_sha))


def _base(repo: Path, update: RefUpdate, default_branch: str) -> str:
    """What to compare with: where the ref was, if that is still there, else where it parted from the default branch."""
    if not is_zero(update.old_sha) and has_commit(repo, update.old_sha):
        return update.old_sha
    trunk = BRANCHES + default_branch
    if update.ref == trunk:
        return ""
    try:
        return merge_base(repo, commit_sha(repo, trunk), update.new_sha)
    except NotFoundError:
        return ""
