"""Nodes to YAML text: block style, literal blocks for several lines, the same text for the same nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.tree import Node

_LONGEST_KEY = 900
"""YAML lets a key without `?` be 1024 characters long at most."""
_PLAIN_START = re.compile(r"(?!---|\.\.\.)(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-[A-Za-z0-9-])")
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$|\t")
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
    if "\n" in text and _literal(text):
        return _block(text, indent)
    if scalar.style != "quoted" and _plain(text):
        return [text]
    return [_quoted(text)]


def _key(key: Scalar) -> str:
    text = key.value
    plain = key.style != "quoted" and text != "<<" and _plain(text)
    return text if plain else _quoted(text)


def _plain(text: str) -> bool:
    return bool(_PLAIN_START.match(text) and _safe(text) and not _NOT_PLAIN.search(text))


def _literal(text: str) -> bool:
    return bool(not text[:1].isspace()) and _safe(text.replace("\n", ""))


def _safe(text: str) -> bool:
    return text.isprintable() or text.replace("\t", "").isprintable()


def _block(text: str, indent: int) -> list[str]:
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    header = "|-" if ending == 0 else "|" if ending == 1 else "|+"
    space = " " * (indent + 2)
    lines = [f"{space}{line}" if line else "" for line in body.split("\n")]
    return [header, *lines, *[""] * (ending - 1)]


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
