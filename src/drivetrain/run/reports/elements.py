"""Reads XML from strangers a piece at a time: the elements that are asked for, each with what is in it, one by one.

Nothing is ever expanded or fetched: a document that declares entities is refused, and a DTD elsewhere is not looked at.
Depth, the size of one tag and of one element are limited, so that a report of any size is read in little memory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from xml.parsers import expat

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

CHUNK = 1 << 16
MOST_BYTES = 2 << 30
"""Of a whole report."""
LONGEST_TAG = 8 << 20
DEEPEST = 200
MOST_TEXT = 1 << 20
"""Characters within one element that is asked for; what is more is left out."""
MOST_CHILDREN = 10_000


class BrokenReportError(UserError):
    """A report that cannot be read, and where in it."""

    def __init__(self, path: Path, why: str, line: int = 0, column: int = 0) -> None:
        place = f" Line {line}, position {column}." if line else ""
        super().__init__(f"Failed to read {shown_path(path)}. Error : {why.rstrip('.')}.{place}")
        self.path = path
        self.line = line
        self.column = column


class WrongFormatError(UserError):
    """A report in another format than was said."""


def shown_path(path: Path) -> str:
    """A path on one line, whatever is in it."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(path))


class Element:
    """An element: its attributes, and what is in it, in order."""

    __slots__ = ("attributes", "inside", "name")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.inside: list[str | Element] = []

    def get(self, name: str) -> str:
        """An attribute; empty when it is not there."""
        return self.attributes.get(name, "")

    def first(self, *path: str) -> Element | None:
        """The first element at a path below this one."""
        if not path:
            return self
        found = (child.first(*path[1:]) for child in self.children(path[0]))
        return next((element for element in found if element is not None), None)

    def children(self, name: str) -> Iterator[Element]:
        """The elements of that name in it."""
        return (child for child in self.inside if isinstance(child, Element) and child.name == name)

    @property
    def text(self) -> str:
        """All text in it, that of elements in it too."""
        return "".join(part if isinstance(part, str) else part.text for part in self.inside)

    def text_at(self, *path: str) -> str:
        """The text of the first element at a path; empty when there is none, or only blanks."""
        found = self.first(*path)
        text = found.text if found is not None else ""
        return text if text.strip() else ""


class Report:
    """One report file: iterating gives `(above, element)` for each element whose path of names is wanted.

    `above` are the elements around it, from the root, with their attributes only. Raises BrokenReportError,
    WrongFormatError (with `mismatch` as its message) when the root is none of `roots`.
    """

    def __init__(
        self, path: Path, wanted: Callable[[Sequence[str]], bool], roots: Collection[str], mismatch: str
    ) -> None:
        self._path = path
        self.root = Element("", {})
        """The outermost element, with its attributes only; once something has been read."""
        self._wanted = wanted
        self._roots = roots
        self._mismatch = mismatch
        self._names: list[str] = []
        self._above: list[Element] = []
        self._open: list[Element] = []
        """The wanted element that is being read, and those open in it."""
        self._room = 0
        self._full = False
        """Text was left out of the wanted element."""
        self._children = 0
        self._ready: list[tuple[tuple[Element, ...], Element]] = []

    def __iter__(self) -> Iterator[tuple[tuple[Element, ...], Element]]:
        parser = self._parser()
        read = 0
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size > MOST_BYTES:
                    raise self._broken(parser, f"it is larger than {MOST_BYTES >> 30} GB")
                while chunk := file.read(CHUNK):
                    read += len(chunk)
                    self._feed(parser, chunk, read)
                    yield from self._take()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self._broken(parser, expat.ErrorString(error.code) or "it is not XML") from None
        except (LookupError, ValueError):  # of an encoding that Python does not know, or that expat cannot use
            raise self._broken(parser, "unknown encoding") from None
        except OSError as error:
            raise BrokenReportError(self._path, error.strerror or str(error)) from None
        yield from self._take()

    def _feed(self, parser: expat.XMLParserType, chunk: bytes, read: int) -> None:
        parser.Parse(chunk, False)
        if read - max(0, parser.CurrentByteIndex) > LONGEST_TAG + len(chunk):
            raise self._broken(parser, f"a tag is longer than {LONGEST_TAG >> 20} MB")

    def _take(self) -> list[tuple[tuple[Element, ...], Element]]:
        ready, self._ready = self._ready, []
        return ready

    def _broken(self, parser: expat.XMLParserType, why: str) -> BrokenReportError:
        return BrokenReportError(self._path, why, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def refuse(*_: object) -> None:
            raise self._broken(parser, "it declares entities, which are never expanded here")

        def start(name: str, attributes: dict[str, str]) -> None:
            if len(self._names) >= DEEPEST:
                raise self._broken(parser, f"its elements are nested more than {DEEPEST} deep")
            self._start(name.rpartition(":")[2], attributes)

        parser.EntityDeclHandler = refuse
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda _: self._end()
        parser.CharacterDataHandler = self._text
        return parser

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._names and name not in self._roots:
            raise WrongFormatError(self._mismatch)
        element = Element(name, attributes)
        if not self._names:
            self.root = element
        self._names.append(name)
        if self._open:
            self._children += 1
            self._room -= sum(map(len, attributes.values()))
            if self._children <= MOST_CHILDREN and self._room > 0:
                self._open[-1].inside.append(element)
            self._open.append(element)
        elif self._wanted(self._names):
            self._open.append(element)
            self._room, self._children, self._full = MOST_TEXT, 0, False
        else:
            self._above.append(element)

    def _text(self, text: str) -> None:
        if not self._open:
            return
        self._room -= len(text)
        if self._room >= 0:
            self._open[-1].inside.append(text)
        elif not self._full:
            self._full = True
            _end_at_a_line(self._open[-1].inside)

    def _end(self) -> None:
        self._names.pop()
        if not self._open:
            self._above.pop()
            return
        element = self._open.pop()
        if not self._open:
            self._ready.append((tuple(self._above), element))


def _end_at_a_line(inside: list[str | Element]) -> None:
    """Take off the text at the end that is no whole line: half a secret would not be known as one."""
    while inside and isinstance(last := inside[-1], str):
        inside.pop()
        if "\n" in last:
            inside.append(last[: last.rfind("\n") + 1])
            return
