"""Which of many commits have another file than before: asked of git at once, without reading the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.git import checked_sha, git
from drivetrain.source.trees import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MISSING = b"missing"


def file_ids(repo: Path, shas: Iterable[str], path: str) -> Mapping[str, str | None]:
    """By commit what git calls the file at this path; empty where the commit has none, None where the repository does
    not hold the commit. Raises GitError, NotFoundError for a path that leaves the repository.
    """
    wanted, file = list(dict.fromkeys(map(checked_sha, shas))), inside(path)
    lines = "".join(f"{sha}^{{commit}}\n{sha}:{file}\n" for sha in wanted)
    answers = git(["cat-file", "--batch-check=%(objectname)"], cwd=repo, stdin=lines.encode()).splitlines()
    pairs = zip(wanted, answers[::2], answers[1::2], strict=True)
    return {sha: None if _is_missing(commit) else _id(found) for sha, commit, found in pairs}


def _is_missing(answer: bytes) -> bool:
    return answer.endswith(_MISSING)


def _id(answer: bytes) -> str:
    return "" if _is_missing(answer) else answer.decode("ascii", "replace")
