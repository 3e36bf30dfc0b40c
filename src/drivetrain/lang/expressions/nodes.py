"""The parts of a parsed expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.values import Value


class Constant(Struct, frozen=True):
    """A literal."""

    value: Value
    position: int


class Named(Struct, frozen=True):
    """A named value (a context), such as `variables`."""

    name: str
    position: int


class Index(Struct, frozen=True):
    """`target.name` or `target[index]`; the position is that of the name or of what stands in the brackets."""

    target: Part
    index: Part
    position: int


class Wildcard(Struct, frozen=True):
    """`target.*` or `target[*]`."""

    target: Part
    position: int


class Call(Struct, frozen=True):
    """A function and its arguments; the name is spelled as the text has it."""

    name: str
    arguments: tuple[Part, ...]
    position: int


Part: TypeAlias = Constant | Named | Index | Wildcard | Call


class Expression(Struct, frozen=True):
    """A parsed expression: its text and its root, None where the text is empty."""

    text: str
    root: Part | None


class Reference(Struct, frozen=True):
    """A dotted reference in an expression, such as ("variables", "x"), and the offset where it begins."""

    path: tuple[str, ...]
    position: int


def references(expression: Expression) -> tuple[Reference, ...]:
    """Every reference to a named value, from left to right; a path ends before `*` and computed indexes."""
    found: list[Reference] = []
    if expression.root:
        _collect(expression.root, found)
    return tuple(found)


def names_used(expression: Expression) -> frozenset[tuple[str, ...]]:
    """The dotted references of an expression, such as ("dependencies", "A", "outputs", "s.v")."""
    return frozenset(reference.path for reference in references(expression))


def functions_used(expression: Expression) -> frozenset[str]:
    """The names of all functions that an expression calls, in lower case."""
    return frozenset(part.name.lower() for part in _parts(expression.root) if isinstance(part, Call))


def unlinked(part: Part) -> tuple[Part, list[Index | Wildcard]]:
    """What a chain such as `base.a[0].*` starts from, and its links from left to right."""
    links: list[Index | Wildcard] = []
    while isinstance(part, Index | Wildcard):
        links.append(part)
        part = part.target
    links.reverse()
    return part, links


def _parts(part: Part | None) -> list[Part]:
    """A part and all that it is made of, but for the inner links of a chain."""
    return [part, *(below for child in _children(part) for below in _parts(child))] if part else []


def _children(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Call):
        return part.arguments
    base, links = unlinked(part)
    return (base, *(link.index for link in links if isinstance(link, Index))) if links else ()


def _collect(part: Part, found: list[Reference]) -> None:
    base, links = unlinked(part)
    if isinstance(base, Named):
        found.append(Reference((base.name, *_fixed(links)), base.position))
        for link in links:
            if isinstance(link, Index):
                _collect(link.index, found)
        return
    for child in _children(part):
        _collect(child, found)


def _fixed(links: list[Index | Wildcard]) -> Iterator[str]:
    """The names of the first links, up to one that is `*` or computed."""
    for link in links:
        if not isinstance(link, Index) or not isinstance(link.index, Constant):
            return
        if not isinstance(link.index.value, str):
            return
        yield link.index.value
