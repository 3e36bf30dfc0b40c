"""Makes a merge commit in a bare repository. The same two commits make the same one, here and on any machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.source.git import GitError, git, merge_base, text_of, version

if TYPE_CHECKING:
    from drivetrain.source.events import PullRequest

MERGE_SECONDS = 600.0
WRITES_TREES = (2, 38)
"""The first git whose `merge-tree` writes a tree. https://git-scm.com/docs/git-merge-tree"""
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Drivetrain"), ("EMAIL", "drivetrain@localhost"))
}
_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1", "HOME": os.devnull}
"""Nothing of this machine's, such as a merge driver, has a say: not in what a stranger sends, and not in the result."""


class Conflict(Struct, frozen=True):
    """The two cannot be merged without a person."""

    paths: tuple[str, ...]
    """The files in conflict; empty when the two have no commit in common."""
    target_sha: str
    head_sha: str

    @property
    def why(self) -> str:
        """In words, for the pull request's page at the host."""
        if not self.paths:
            return "the branches have no commit in common"
        shown = ", ".join(self.paths[:10])
        return f"the merge has conflicts in {shown}" + (" and more" if len(self.paths) > 10 else "")  # noqa: PLR2004


def make_merge(repo: Path, request: PullRequest, target_sha: str) -> str | Conflict:
    """The id of the merge of the request's head into the target. Both must be in `repo`, and its lock held."""
    head = request.head_sha
    if not merge_base(repo, target_sha, head):
        return Conflict((), target_sha, head)
    merge = _tree if version() >= WRITES_TREES else _tree_by_checkout
    tree, paths = merge(repo, target_sha, head)
    if paths:
        return Conflict(paths, target_sha, head)
    date = text_of(git(["show", "--no-patch", "--format=%ct", head, "--"], cwd=repo)).strip()
    dated = {f"GIT_{role}_DATE": f"@{date} +0000" for role in ("AUTHOR", "COMMITTER")}
    words = ["commit-tree", "-p", target_sha, "-p", head, tree]
    made = git(words, cwd=repo, env=_ALONE | _NOBODY | dated, stdin=_message(request).encode("utf-8", "replace"))
    return text_of(made).strip()


def _message(request: PullRequest) -> str:
    """As Azure Repos words it."""
    source, target = (name.removeprefix("refs/heads/") for name in (request.source, request.target))
    return f"Merge pull request {request.number} from {source} into {target}\n"


def _tree(repo: Path, target: str, head: str) -> tuple[str, tuple[str, ...]]:
    """The merged tree, and the paths in conflict. No file is written but objects."""
    words = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", target, head]
    found = git(words, cwd=repo, env=_ALONE, seconds=MERGE_SECONDS, codes=(0, 1))
    tree, *paths = text_of(found).split("\0")
    return tree.strip(), tuple(path for path in paths if path)


def _tree_by_checkout(repo: Path, target: str, head: str) -> tuple[str, tuple[str, ...]]:
    """The same with an older git: slower, in a work tree of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="merge-", dir=repo.parent) as name:
        folder = Path(name)
        env = _ALONE | _NOBODY | {"GIT_OBJECT_DIRECTORY": str(repo / "objects"), "GIT_LFS_SKIP_SMUDGE": "1"}
        git(["init", "--quiet", "--template=", name], env=env)
        git(["checkout", "--quiet", "--detach", target], cwd=folder, env=env, seconds=MERGE_SECONDS)
        try:
            git(["merge", "--quiet", "--no-ff", "--no-commit", head], cwd=folder, env=env, seconds=MERGE_SECONDS)
        except GitError:
            listed = git(["diff", "--name-only", "--diff-filter=U", "-z"], cwd=folder, env=env)
            paths = tuple(path for path in text_of(listed).split("\0") if path)
            if not paths:
                raise
            return "", paths
        return text_of(git(["write-tree"], cwd=folder, env=env)).strip(), ()
