"""What a whole log holds: its groups, its errors and warnings, and where a text occurs in it.

Reads the raw file in blocks, so that memory stays flat for a log of any size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BLOCK = 1 << 22
MAX_MARKS = 5000
MAX_HITS = 5000

_MARK = re.compile(rb"(?im)^##\[(group|endgroup|warning|error|section)\]([^\r\n]{0,200})")


class Group(Struct, frozen=True):
    """A foldable part: from its heading's line to its end's line, both included."""

    start: int
    end: int


class Outline(Struct, frozen=True):
    """Groups and line numbers of marked lines, each list at most MAX_MARKS long."""

    groups: Sequence[Group]
    errors: Sequence[int]
    warnings: Sequence[int]


class Hits(Struct, frozen=True):
    """Numbers of the lines that contain a text; `more` when there are further ones."""

    lines: Sequence[int]
    more: bool


def outline(path: Path, size: int) -> Outline:
    """The outline of the first `size` bytes. A group that is not closed ends at the next group or the log's end."""
    groups: list[Group] = []
    lines: dict[str, list[int]] = {"error": [], "warning": []}
    start = last = 0
    for number, block in _blocks(path, size):
        last = number + block.count(b"\n") - block.endswith(b"\n")
        for line, kind in _marks(number, block):
            if kind in lines:
                lines[kind].append(line)
                continue
            if start and kind in {"group", "endgroup"}:
                groups.append(Group(start, line if kind == "endgroup" else line - 1))
            start = line if kind == "group" else 0 if kind == "endgroup" else start
    if start:
        groups.append(Group(start, last))
    return Outline(groups[:MAX_MARKS], lines["error"][:MAX_MARKS], lines["warning"][:MAX_MARKS])


def search(path: Path, size: int, text: str) -> Hits:
    """Lines of the first `size` bytes that contain `text`; ASCII letters match in either case."""
    wanted = re.compile(re.escape(text.encode("utf-8", "replace")), re.IGNORECASE)
    found: list[int] = []
    for number, block in _blocks(path, size):
        for line in _lines_of(wanted, number, block):
            if not found or found[-1] != line:
                found.append(line)
            if len(found) > MAX_HITS:
                return Hits(found[:MAX_HITS], more=True)
    return Hits(found, more=False)


def _marks(number: int, block: bytes) -> Iterator[tuple[int, str]]:
    at = 0
    for match in _MARK.finditer(block):
        number += block.count(b"\n", at, match.start())
        at = match.start()
        yield number, match[1].decode().lower()


def _lines_of(wanted: re.Pattern[bytes], number: int, block: bytes) -> Iterator[int]:
    at = 0
    for match in wanted.finditer(block):
        number += block.count(b"\n", at, match.start())
        at = match.start()
        yield number


def _blocks(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """Blocks that end at line ends, each with the number of its first line; a monstrous line is cut."""
    number, left, rest = 1, size, b""
    with path.open("rb") as file:
        while left > 0 and (data := file.read(min(BLOCK, left))):
            left -= len(data)
            block, newline, tail = (rest + data).rpartition(b"\n")
            whole = block + newline
            rest = tail
            if len(rest) > BLOCK:
                whole, rest = whole + rest, b""
            if whole:
                yield number, whole
                number += whole.count(b"\n")
    if rest:
        yield number, rest
