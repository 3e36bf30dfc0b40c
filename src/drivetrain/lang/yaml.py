"""YAML text to nodes with positions, and back.

Azure Pipelines reads a part of YAML: one document, no anchors, aliases, merge keys or tags of one's own.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from msgspec import Struct
from yaml import events

from drivetrain.errors import DefinitionError, Position, Problem
from drivetrain.lang.emitter import write
from drivetrain.lang.spans import Source
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.tree import Node, Style

__all__ = ["DEFAULT", "Limits", "read", "write"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null")) | {"!"}
_WORDS = {
    "mapping values are not allowed in this context": "put a text that holds ': ' in quotes, or below a |",
    "could not find expected ':'": "put text that has a colon in it in quotes, and look at the indentation",
    "did not find expected key": "look at the indentation, and for a missing - or :",
    "did not find expected '-' indicator": "every item of a list begins with - in the same column",
}


class Limits(Struct, frozen=True):
    """How much of a file is read before it is refused."""

    characters: int = 4_000_000
    depth: int = 100
    nodes: int = 200_000


DEFAULT = Limits()


def read(text: str, *, file: str, limits: Limits = DEFAULT) -> Node:
    """Read one YAML document; an empty one is an empty Mapping.

    Raises DefinitionError with one Problem at its place: wrong syntax, a key given twice (in any case), anchors,
    aliases, merge keys, tags, a second document, a key that is not a word, a tab as indentation, more than the limits
    allow.
    """
    text = text.removeprefix("\ufeff")
    reader = _Reader(text, file, limits)
    if len(text) > limits.characters:
        reader.refuse(1, 1, f"the file has more than {limits.characters} characters", code="too-large")
    return reader.read()


class _Open(Struct):
    """A collection whose end is yet to come; `key` is a mapping's key that waits for its value."""

    position: Position
    mapping: bool
    items: list[Node]
    entries: list[tuple[Scalar, Node]]
    seen: set[str]
    key: Scalar | None = None


class _Reader:
    def __init__(self, text: str, file: str, limits: Limits) -> None:
        self.source = Source(text)
        self.text = text
        self.file = file
        self.limits = limits
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.nodes = 0
        self.documents = 0

    def read(self) -> Node:
        for event in self.parsed():
            self.take(event)
        if self.root is None or self.root == Scalar("", self.root.position):
            return Mapping((), Position(self.file, 1, 1))
        return self.root

    def parsed(self) -> Iterator[events.Event]:
        try:
            yield from yaml.parse(self.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            self.syntax(error)
        except yaml.reader.ReaderError as error:
            self.character(error.position)
        except UnicodeEncodeError as error:
            self.character(error.start)

    def take(self, event: events.Event) -> None:
        if isinstance(event, events.NodeEvent):
            self.node(event)
        elif isinstance(event, events.CollectionEndEvent):
            self.close()
        elif isinstance(event, events.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                hint = "a second document begins here: keep one document in a file"
                self.refuse_at(event, "Expected stream end parse event", hint, "documents")

    def node(self, event: events.NodeEvent) -> None:
        self.check(event)
        if isinstance(event, events.ScalarEvent):
            self.place(self.scalar(event))
            return
        position = self.position(event)
        if self.stack and self.stack[-1].mapping and self.stack[-1].key is None:
            self.refuse_at(event, "a key must be a word, not a list or a mapping", "put the key in quotes", "key")
        if len(self.stack) >= self.limits.depth:
            self.refuse_at(event, f"nested deeper than {self.limits.depth} levels", "flatten it", "too-deep")
        self.stack.append(_Open(position, isinstance(event, events.MappingStartEvent), [], [], set()))

    def check(self, event: events.NodeEvent) -> None:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            self.refuse_at(event, f"the file has more than {self.limits.nodes} values", "split it", "too-large")
        if event.anchor is not None:
            message = f"Anchors are not currently supported. Remove the anchor '{event.anchor}'"
            self.refuse_at(event, message, "write the value out, or use a template", "anchor")
        tag = getattr(event, "tag", None)
        if tag and not (isinstance(event, events.ScalarEvent) and tag in _SCALAR_TAGS) and tag != "!":
            name = tag.replace(_TAG, "!!")
            self.refuse_at(event, f"the tag {name} is not supported", "remove it: every value is text", "tag")

    def scalar(self, event: events.ScalarEvent) -> Scalar:
        (line, column), (end, rest) = _place(event.start_mark), _place(event.end_mark)
        if event.style in {"|", ">"}:
            style: Style = "folded" if event.style == ">" else "block"
            return self.source.block(event.value, style, self.file, (line, column), end + bool(rest))
        quote = event.style if event.style in {"'", '"'} else ""
        position = Position(self.file, line + 1, column + 1 + len(quote))
        spans = self.source.spans(event.value, position, (end, rest), quote)
        return Scalar(event.value, position, "quoted" if quote else "plain", spans)

    def place(self, node: Node) -> None:
        """Put a finished node where it belongs: the root, a list's item, a mapping's key or value."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if not top.mapping:
            top.items.append(node)
        elif top.key is not None:
            top.entries.append((top.key, node))
            top.key = None
        elif isinstance(node, Scalar):
            self.check_key(node, top)
            top.key = node

    def check_key(self, key: Scalar, top: _Open) -> None:
        at = key.position
        if key.style == "plain" and key.value == "<<":
            hint = "write the keys out, or use a template"
            self.refuse(at.line, at.column, "merge keys (<<) are not supported", hint, "anchor")
        if key.style == "plain" and not key.value:
            self.refuse(at.line, at.column, "a key is missing before the colon", "name the key", "key")
        name = key.value.lower()
        if name in top.seen and "${{" not in key.value:
            first = next(known.position for known, _ in top.entries if known.value.lower() == name)
            hint = f"it was given in line {first.line} already; remove one of the two"
            self.refuse(at.line, at.column, f"'{key.value}' is already defined", hint, "duplicate-key")
        top.seen.add(name)

    def close(self) -> None:
        done = self.stack.pop()
        if done.mapping:
            self.place(Mapping(tuple(done.entries), done.position))
        else:
            self.place(Sequence(tuple(done.items), done.position))

    def position(self, event: events.Event) -> Position:
        line, column = _place(event.start_mark)
        return Position(self.file, line + 1, column + 1)

    def syntax(self, error: yaml.MarkedYAMLError) -> NoReturn:
        line, column = (number + 1 for number in _place(error.problem_mark or error.context_mark))
        indent = self.source.tab_in_indent(line)
        if indent:
            self.refuse(line, indent, "a tab cannot be used to indent", "use spaces", "tab")
        message = str(error.problem or error.context or "this is not YAML")
        sentence = f"{error.context}, {message}." if error.context and error.problem else f"{message}."
        hint = _WORDS.get(message, "correct the YAML here")
        self.refuse(line, column, sentence[:1].upper() + sentence[1:], hint, "yaml-syntax")

    def character(self, offset: int) -> NoReturn:
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        found = f"U+{ord(self.text[offset]):04X}" if offset < len(self.text) else "here"
        message = f"the character {found} is not allowed in YAML"
        self.refuse(line, column, message, "remove it, or save the file as UTF-8", "yaml-syntax")

    def refuse_at(self, event: events.Event, message: str, hint: str, code: str) -> NoReturn:
        at = self.position(event)
        self.refuse(at.line, at.column, message, hint, code)

    def refuse(self, line: int, column: int, message: str, hint: str = "", code: str = "") -> NoReturn:
        raise DefinitionError([Problem(Position(self.file, line, column), message, hint, code=code)])


def _place(mark: Any) -> tuple[int, int]:
    """Line and column of a parser's mark, counted from 0; the parser leaves out marks that it does not know."""
    return (mark.line, mark.column) if mark else (0, 0)
