"""`.artifactignore`: what of a folder is not published as a pipeline artifact.

A line is a pattern as in `.gitignore`; the last line that speaks of a file, or of a folder that it is in, decides.
Without the file, `.git` stays out; with an empty one, everything is published.
https://learn.microsoft.com/azure/devops/artifacts/reference/artifactignore
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.record.patterns import matcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE_NAME = ".artifactignore"
_DEFAULT = ".git\n"
MOST_BYTES = 1 << 20
MOST_LINES = 1000


def ignored_in(folder: Path) -> Callable[[str], bool] | None:
    """A test of paths relative to `folder`; None where nothing is ignored. Raises UserError, OSError."""
    path = folder / FILE_NAME
    text = _DEFAULT
    if path.is_file():
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES} bytes")
        text = path.read_text("utf-8", "replace")
    rules = [rule for line in text.splitlines() if (rule := _rule(line)) is not None]
    if len(rules) > MOST_LINES:
        raise UserError(f"{path} has more than {MOST_LINES} patterns")
    return _Ignored(rules) if rules else None


class _Rule:
    """One line."""

    def __init__(self, pattern: str, *, ignores: bool, folders_only: bool) -> None:
        self.ignores = ignores
        self._folders_only = folders_only
        self._matches = matcher([pattern])

    def speaks_of(self, path: str) -> bool:
        """Of the file itself, or of a folder above it."""
        at = path.rfind("/")
        if not self._folders_only and self._matches(path):
            return True
        while at > 0:
            if self._matches(path[:at]):
                return True
            at = path.rfind("/", 0, at)
        return False


class _Ignored:
    """All lines of a file."""

    def __init__(self, rules: list[_Rule]) -> None:
        self._rules = rules

    def __call__(self, path: str) -> bool:
        return next((rule.ignores for rule in reversed(self._rules) if rule.speaks_of(path)), False)


def _rule(line: str) -> _Rule | None:
    text = line.rstrip()
    ignores = not text.startswith("!")
    text = text.removeprefix("!")
    if not text or text.startswith("#"):
        return None
    text = text.removeprefix("\\")
    body = text.rstrip("/")
    anchored = "/" in body
    pattern = body.lstrip("/") if anchored else f"**/{body}"
    return _Rule(pattern, ignores=ignores, folders_only=text.endswith("/")) if pattern.strip("/") else None
