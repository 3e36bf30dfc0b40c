"""What an expression is made of. `ends(text, at, seen)` gives every place where a match that begins at `at` can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    Seen = dict[tuple[int, int], frozenset[int]]
    """What each part came to at each place, so that nothing is found out twice."""

_NOWHERE: frozenset[int] = frozenset()


class Node(Protocol):
    """A part of an expression."""

    def ends(self, text: str, at: int, seen: Seen) -> frozenset[int]:
        """Where matches from `at` on end."""
        ...


class Chars(NamedTuple):
    """`[a-c]`, `[^/]`, `.` or one character."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False
    nocase: bool = False

    def holds(self, sign: str) -> bool:
        """Whether a character is one of these."""
        forms = {sign, sign.lower(), sign.upper()} if self.nocase else (sign,)
        return self.negated is not any(low <= form <= high for low, high in self.ranges for form in forms)

    def ends(self, text: str, at: int, _: Seen) -> frozenset[int]:
        """The next place, if the character is one of these."""
        return frozenset({at + 1}) if at < len(text) and self.holds(text[at]) else _NOWHERE


class Edge(NamedTuple):
    """`^` or `$`."""

    last: bool

    def ends(self, text: str, at: int, _: Seen) -> frozenset[int]:
        """The same place, if it is the edge."""
        return frozenset({at}) if at == (len(text) if self.last else 0) else _NOWHERE


class Sequence(NamedTuple):
    """One after the other."""

    parts: tuple[Node, ...]

    def ends(self, text: str, at: int, seen: Seen) -> frozenset[int]:
        """Where the last one ends."""
        places = frozenset({at})
        for part in self.parts:
            places = _from_each(part, text, places, seen)
        return places


class Choice(NamedTuple):
    """One of several."""

    parts: tuple[Node, ...]

    def ends(self, text: str, at: int, seen: Seen) -> frozenset[int]:
        """Where any of them ends."""
        return _NOWHERE.union(*(part.ends(text, at, seen) for part in self.parts))


class Repeat(NamedTuple):
    """`*`, `+` or `?` behind a part."""

    part: Node
    at_least_one: bool = False
    at_most_one: bool = False

    def ends(self, text: str, at: int, seen: Seen) -> frozenset[int]:
        """Where one more or one less repetition ends."""
        found: frozenset[int] = _NOWHERE if self.at_least_one else frozenset({at})
        coming = _remembered(self.part, text, at, seen)
        while not coming <= found:
            new = coming - found
            found |= coming
            if self.at_most_one:
                break
            coming = _from_each(self.part, text, new, seen)
        return found


class Look(NamedTuple):
    """`(?=...)` or `(?!...)`."""

    part: Node
    wanted: bool

    def ends(self, text: str, at: int, seen: Seen) -> frozenset[int]:
        """The same place, if the part matches there, or does not."""
        return frozenset({at}) if bool(_remembered(self.part, text, at, seen)) is self.wanted else _NOWHERE


def _remembered(node: Node, text: str, at: int, seen: Seen) -> frozenset[int]:
    key = (id(node), at)
    if key not in seen:
        seen[key] = node.ends(text, at, seen)
    return seen[key]


def _from_each(node: Node, text: str, places: Iterable[int], seen: Seen) -> frozenset[int]:
    return _NOWHERE.union(*(_remembered(node, text, at, seen) for at in places))
