"""Which files the patterns of a task's input mean."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_files(folder: str, patterns: Sequence[str]) -> list[Path]:
    """The files that match, each once, in order."""
    return [path for path in find_paths(folder, patterns) if path.is_file()]


def find_paths(folder: str, patterns: Sequence[str]) -> list[Path]:
    """Files and folders that match, each once, in order."""
    chosen: dict[str, None] = {}
    for pattern in patterns:
        body = pattern.lstrip("!")
        full = body if os.path.isabs(body) else os.path.join(folder, body)  # noqa: PTH117, PTH118 - no disk access
        expression = re.compile(_expression(os.path.normpath(full)))
        matched = [path for path in _walk(_fixed(full)) if expression.fullmatch(path)]
        if len(body) < len(pattern):
            chosen = {path: None for path in chosen if not expression.fullmatch(path)}
        else:
            chosen |= dict.fromkeys(matched)
    return [Path(path) for path in sorted(chosen)]


def _fixed(pattern: str) -> str:
    parts = pattern.split("/")
    count = next((number for number, part in enumerate(parts) if re.search(r"[*?]", part)), len(parts))
    return os.path.normpath("/".join(parts[:count]) or "/")


def _walk(root: str) -> list[str]:
    found = [root] if os.path.exists(root) else []  # noqa: PTH110 - paths as texts
    for folder, folders, files in os.walk(root):
        found += [f"{folder}/{name}" for name in (*folders, *files)]
    return found


def _expression(pattern: str) -> str:
    parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern))
