"""Where the parts of a scalar's value stand in the file, when the value is not one run of the file's text."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TypeAlias

from drivetrain.errors import Position
from drivetrain.lang.tree import Scalar, Style

Spans: TypeAlias = tuple[tuple[int, int, int], ...]
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Source:
    """The lines of a file, split when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines, split where YAML splits them."""
        return _BREAK.split(self._text)

    def tab_in_indent(self, line: int) -> int:
        """The column of a tab in the white space that a line begins with, or 0."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return text[: len(text) - len(text.lstrip())].find("\t") + 1

    def block(self, value: str, style: Style, file: str, header: tuple[int, int], end: int) -> Scalar:
        """A `|` or `>` scalar, whose header is at line and column `header` and whose text ends before `end`, from 0."""
        first = header[0] + 1
        found = self._matches(value, range(first, min(end, len(self.lines))))
        line, column = (found[0][1], found[0][2]) if found else (first + 1, 1)
        return Scalar(value, Position(file, line, column), style, found, (first, header[1] + 1))

    def spans(self, value: str, position: Position, end: tuple[int, int], quote: str) -> Spans:
        """The spans of a plain or quoted scalar that ends at line and column `end`, from 0; none for one run."""
        first = position.line - 1
        if end[0] > first:
            return self._matches(value, range(first, end[0] + 1), position.column - 1, end[1] - len(quote))
        if quote == "'" and "'" in value:
            return _doubled(value, position)
        return ()

    def _matches(self, value: str, numbers: range, begin: int = 0, end: int | None = None) -> Spans:
        """Look for each line's text in the value, one after the other; a line that is not found has no span.

        The first line counts from column `begin`, the last one up to `end`, both from 0.
        """
        spans: list[tuple[int, int, int]] = []
        offset = 0
        for number in numbers:
            line = self.lines[number][: end if number == numbers[-1] else None]
            skip = begin if number == numbers[0] else 0
            text = line[skip:].strip(" \t")
            at = value.find(text, offset) if text else -1
            if at >= 0:
                spans.append((at, number + 1, line.index(text, skip) + 1))
                offset = at + len(text)
        return tuple(spans)


def _doubled(value: str, position: Position) -> Spans:
    """Each quote of a single-quoted scalar takes two columns."""
    offsets = [match.end() for match in re.finditer("'", value)]
    return tuple((offset, position.line, position.column + offset + number) for number, offset in enumerate(offsets, 1))
