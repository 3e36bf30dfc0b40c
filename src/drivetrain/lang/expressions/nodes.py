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
    """`.name` or `[index]`; the position is that of the name or of what stands in the brackets."""

    part: Part
    position: int


class Wildcard(Struct, frozen=True):
    """`.*` or `[*]`."""

    position: int


class Access(Struct, frozen=True):
    """What something is looked into for, link after link: `base.a[0].*`. It is as flat as it is written."""

    base: Named | Call
    links: tuple[Link, ...]

    @property
    def position(self) -> int:
        """Where the base begins."""
        return self.base.position


class Call(Struct, frozen=True):
    """A function and its arguments; the name is spelled as the text has it."""

    name: str
    arguments: tuple[Part, ...]
    position: int


Link: TypeAlias = Index | Wildcard
Part: TypeAlias = Constant | Named | Access | Call


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
    found = (_reference(part) for part in _parts(expression.root))
    return tuple(reference for reference in found if reference)


def names_used(expression: Expression) -> frozenset[tuple[str, ...]]:
    """The dotted references of an expression, such as ("dependencies", "A", "outputs", "s.v")."""
    return frozenset(reference.path for reference in references(expression))


def functions_used(expression: Expression) -> frozenset[str]:
    """The names of all functions that an expression calls, in lower case."""
    return frozenset(part.name.lower() for part in _parts(expression.root) if isinstance(part, Call))


def _parts(part: Part | None) -> Iterator[Part]:
    """A part and all that it is made of, from left to right; what an access looks into only where it is a call."""
    if part is None:
        return
    yield part
    for child in _children(part):
        yield from _parts(child)


def _children(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Call):
        return part.arguments
    if not isinstance(part, Access):
        return ()
    indexes = tuple(link.part for link in part.links if isinstance(link, Index))
    return (part.base, *indexes) if isinstance(part.base, Call) else indexes


def _reference(part: Part) -> Reference | None:
    if isinstance(part, Named):
        return Reference((part.name,), part.position)
    if isinstance(part, Access) and isinstance(part.base, Named):
        return Reference((part.base.name, *_fixed(part.links)), part.position)
    return None


def _fixed(links: tuple[Link, ...]) -> Iterator[str]:
    """The names of the first links, up to one that is `*` or computed."""
    for link in links:
        if not isinstance(link, Index) or not isinstance(link.part, Constant) or not isinstance(link.part.value, str):
            return
        yield link.part.value
