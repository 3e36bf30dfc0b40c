"""The inbox: words that git hooks have left, read in the order they were written, each gone once it is settled."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_WORD_BYTES = 16 * 1024 * 1024
STALE_SECONDS = 60.0
_FIRST = re.compile(r"drivetrain 1 (\d{1,18}) ([a-z-]+)")
_LINE = re.compile(r"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs/[^\x00-\x20\x7f]+)")


PUSHED = "post-receive"
LOOK = "look"
"""A word with this in place of a hook's name says no more than that something has happened: look at the repository."""


class Line(Struct, frozen=True):
    """A ref moved, a hook says."""

    old_sha: str
    new_sha: str
    ref: str


class Word(Struct, frozen=True):
    """What one run of a hook has written."""

    path: Path
    project_id: int
    hook: str
    lines: tuple[Line, ...]
    written_ns: int

    @property
    def pushed(self) -> bool:
        """Whether it came from a push, where every move of a ref leaves word; a working tree moves without, too."""
        return self.hook == PUSHED


def read_words(inbox: Path) -> list[Word]:
    """All words, oldest first. What is no word of ours (cut, foreign, unreadable, too large) is taken away; a
    missing inbox is an empty one.
    """
    found = []
    with suppress(FileNotFoundError), os.scandir(inbox) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, entry.name))
    words = (_read(inbox / name, written) for written, name in sorted(found) if not name.startswith("."))
    return [word for word in words if word is not None]


def _read(path: Path, written_ns: int) -> Word | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first, *rest = file.read(MAX_WORD_BYTES).split("\n")
    except (FileNotFoundError, IsADirectoryError):
        return None
    except PermissionError:  # a push by another user, whose umask keeps us out: a look at the repository finds it
        settle(path)
        return None
    head = _FIRST.fullmatch(first)
    lines = tuple(Line(*found.groups()) for found in map(_LINE.fullmatch, rest) if found)
    if head is None or not lines:
        settle(path)
        return None
    return Word(path, int(head[1]), head[2], lines, written_ns)


def leave(inbox: Path, name: str, word: tuple[int, str], lines: Sequence[Line]) -> None:
    """Leave word as a git hook does: (project, hook) and lines, in one piece, in place of one of the same name. Raises
    OSError. Every ref has to be a legal one.
    """
    inbox.mkdir(exist_ok=True, mode=0o700)
    fresh = inbox / f".{name}"
    fresh.write_text(_text(*word, lines), "utf-8")
    fresh.replace(inbox / name)


def _text(project_id: int, hook: str, lines: Sequence[Line]) -> str:
    rows = "".join(f"{line.old_sha} {line.new_sha} {line.ref}\n" for line in lines)
    return f"drivetrain 1 {project_id} {hook}\n{rows}"


def settle(path: Path) -> None:
    """The word has been acted on."""
    path.unlink(missing_ok=True)


def keep(word: Word, lines: Sequence[Line]) -> None:
    """Keep only these lines of the word, as old as before, so that a crash cannot make the others count again."""
    if not lines:
        settle(word.path)
        return
    if len(lines) == len(word.lines):
        return
    fresh = word.path.with_name(f".{word.path.name}")
    fresh.write_text(_text(word.project_id, word.hook, lines), "utf-8")
    os.utime(fresh, ns=(word.written_ns, word.written_ns))
    fresh.replace(word.path)


def sweep(inbox: Path, now: float) -> None:
    """Take away what a hook that was killed while writing has left."""
    with suppress(FileNotFoundError):
        for path in inbox.glob(".*"):
            with suppress(FileNotFoundError, IsADirectoryError):
                if now - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()
