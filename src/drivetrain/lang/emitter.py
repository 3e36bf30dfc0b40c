"""Nodes to YAML text: block style, literal blocks for several lines, the same text for the same nodes.

What an expression gave has no style of its own: it is plain where it can be, and folded where it has several lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.tree import Node

_LONGEST_KEY = 900
"""YAML lets a key without `?` be 1024 characters long at most."""
_PLAIN_START = re.compile(r"(?!---|\.\.\.)(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`\\]|[\-?:](?=\S))")
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$|\t")
_FRACTION = re.compile(r"0\.\d+")
"""What an expression gave is quoted when it looks so, as Azure's preview does."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write(node: Node) -> str:
    """YAML text for a node. Reading it gives the same node again, but for positions and the style of scalars."""
    return "".join(f"{line}\n" for line in _lines(node, 0))


def _lines(node: Node, indent: int) -> list[str]:
    """The lines of a node that stands on its own, the first one not yet indented."""
    match node:
        case Scalar():
            return _scalar_lines(node, indent) if node.value or node.style != "plain" else ["''"]
        case Mapping(entries=()):
            return ["{}"]
        case Sequence(items=()):
            return ["[]"]
        case Mapping():
            lines = [line for key, value in node.entries for line in _entry(key, value, indent)]
        case Sequence():
            lines = [line for item in node.items for line in _item(item, indent)]
    lines[0] = lines[0].removeprefix(" " * indent)
    return lines


def _item(node: Node, indent: int) -> Iterator[str]:
    space = " " * indent
    if isinstance(node, Scalar):
        yield from _after(f"{space}-", node, indent)
        return
    first, *rest = _lines(node, indent + 2)
    yield f"{space}- {first}"
    yield from rest


def _entry(key: Scalar, value: Node, indent: int) -> Iterator[str]:
    space = " " * indent
    text = _key(key)
    if len(text) > _LONGEST_KEY:
        yield f"{space}? {text}"
        text = ""
    start = f"{space}{text}:"
    if isinstance(value, Scalar):
        yield from _after(start, value, indent)
    elif not len(value):
        yield f"{start} {'{}' if isinstance(value, Mapping) else '[]'}"
    else:
        # a list stands in the column of its key, as Azure's documentation writes it
        inner = indent if isinstance(value, Sequence) else indent + 2
        first, *rest = _lines(value, inner)
        yield start
        yield " " * inner + first
        yield from rest


def _after(start: str, scalar: Scalar, indent: int) -> Iterator[str]:
    if not scalar.value and scalar.style == "plain":
        yield start
        return
    first, *rest = _scalar_lines(scalar, indent)
    yield f"{start} {first}"
    yield from rest


def _scalar_lines(scalar: Scalar, indent: int) -> list[str]:
    text = scalar.value
    if "\n" in text and (scalar.given or scalar.style == "folded") and _foldable(text):
        return _folded(text, indent)
    if "\n" in text and not scalar.given and scalar.style != "quoted" and _literal(text):
        return _block(text, indent)
    return [text if _plain(scalar) else _quoted(text)]


def _key(key: Scalar) -> str:
    return key.value if key.value != "<<" and _plain(key) else _quoted(key.value)


def _plain(scalar: Scalar) -> bool:
    text = scalar.value
    if scalar.style == "quoted" or (scalar.given and _FRACTION.fullmatch(text)):
        return False
    return bool(_PLAIN_START.match(text) and _safe(text) and not _NOT_PLAIN.search(text))


def _literal(text: str) -> bool:
    return bool(not text[:1].isspace()) and _safe(text.replace("\n", ""))


def _safe(text: str) -> bool:
    return text.isprintable() or text.replace("\t", "").isprintable()


def _foldable(text: str) -> bool:
    return bool(text.strip("\n")) and " \n" not in text and not text.endswith(" ") and _safe(text.replace("\n", ""))


def _folded(text: str, indent: int) -> list[str]:
    """A block in which a break between two lines is doubled, unless one of them begins with a blank."""
    lines = text.rstrip("\n").split("\n")
    folded = lines[:1]
    before = lines[0]
    for line in lines[1:]:
        # A run of empty lines is doubled once, by what stands before and after it.
        if line and before and not before[0].isspace() and not line[0].isspace():
            folded.append("")
        folded.append(line)
        before = line or before
    return _indented(">", folded, text, indent)


def _block(text: str, indent: int) -> list[str]:
    return _indented("|", text.rstrip("\n").split("\n"), text, indent)


def _indented(sign: str, lines: list[str], text: str, indent: int) -> list[str]:
    """The lines of a block below its header, which says how it ends, and how it is indented where one cannot see it."""
    ending = len(text) - len(text.rstrip("\n"))
    explicit = "2" if text[:1].isspace() else ""
    chomping = "-" if ending == 0 else "" if ending == 1 else "+"
    space = " " * (indent + 2)
    shown = [f"{space}{line}" if line else "" for line in lines]
    return [f"{sign}{explicit}{chomping}", *shown, *[""] * (ending - 1)]


def _quoted(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004
