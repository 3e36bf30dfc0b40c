"""The few of JavaScript's regular expressions that patterns become, matched in a time that no pattern can blow up.

What has no list (`*.py`, `[ab]?`) becomes an expression of Python's in which nothing is tried twice. What has one
(`+(a|b*)`) is matched by sets of places, each part at each place at most once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.globs.nodes import Chars, Choice, Edge, Look, Repeat, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.globs.nodes import Node

DEEPEST = 50
"""Lists within lists that a pattern may have."""
_LINE_ENDS = (("\n", "\n"), ("\r", "\r"), ("\u2028", "\u2029"))
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_SHORTHANDS = frozenset("dDwWsS")


def test(expression: str, *, nocase: bool) -> Callable[[str], bool]:
    """A test whether an expression matches all of a text. One that JavaScript refuses matches nothing."""
    try:
        node = _Parser(expression, nocase=nocase).parse()
    except ValueError:
        return lambda _: False
    quick = _quick(node)
    if quick is not None:
        return lambda text: quick.fullmatch(text) is not None
    return lambda text: len(text) in node.ends(text, 0, {})


def has_valid_ranges(body: str) -> bool:
    """Whether JavaScript takes `[body]` for an expression: mostly, unless a range in it runs backwards."""
    try:
        _Parser(f"[{body}]", nocase=False).parse()
    except ValueError:
        return False
    return True


class _Parser:
    """Reads an expression from left to right; ValueError says that it is none."""

    def __init__(self, text: str, *, nocase: bool) -> None:
        self.text = text
        self.nocase = nocase
        self.at = 0
        self.depth = 0

    def parse(self) -> Node:
        node = self.choice()
        if self.at < len(self.text):
            raise ValueError(self.text)
        return node

    def take(self, word: str) -> bool:
        found = self.text.startswith(word, self.at)
        self.at += len(word) if found else 0
        return found

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise UserError("a file pattern has lists within lists, too deep", hint=f"there may be {DEEPEST}")
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self.repeated(self.atom()))
        return Sequence(tuple(parts))

    def repeated(self, node: Node) -> Node:
        for sign in "*+?":
            if self.take(sign):
                self.take("?")  # whether the longest or the shortest is tried first: both come to the same
                if self.text[self.at : self.at + 1] in ("*", "+", "?"):
                    raise ValueError(self.text)
                return Repeat(node, at_least_one=sign == "+", at_most_one=sign == "?")
        return node

    def atom(self) -> Node:
        sign = self.text[self.at]
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.chars()
        self.at += 1
        if sign in "*+?":
            raise ValueError(self.text)
        if sign in "^$":
            return Edge(sign == "$")
        if sign == ".":
            return Chars(_LINE_ENDS, negated=True)
        if sign == "\\":
            sign = self.escaped()
        return Chars(((sign, sign),), nocase=self.nocase)

    def escaped(self) -> str:
        if self.at >= len(self.text):
            raise ValueError(self.text)
        self.at += 1
        return self.text[self.at - 1]

    def group(self) -> Node:
        look = {"(?=": True, "(?!": False}.get(self.text[self.at : self.at + 3])
        if not self.take("(?:") and look is None:
            self.take("(")
        elif look is not None:
            self.at += 3
        inside = self.choice()
        if not self.take(")"):
            raise ValueError(self.text)
        return inside if look is None else Look(inside, look)

    def chars(self) -> Node:
        self.at += 1
        negated = self.take("^")
        ranges: list[tuple[str, str]] = []
        while not self.take("]"):
            low = self.one_char()
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                self.add_range(ranges, low, self.one_char())
            elif low:
                ranges.append((low, low))
        return Chars(tuple(ranges), negated, self.nocase)

    def one_char(self) -> str:
        """A character of a class; empty for a shorthand (any digit, ...), which no pattern's expression has."""
        if self.at >= len(self.text):
            raise ValueError(self.text)
        sign = self.text[self.at]
        self.at += 1
        if sign != "\\":
            return sign
        sign = self.escaped()
        return "" if sign in _SHORTHANDS else _ESCAPES.get(sign, sign)

    def add_range(self, ranges: list[tuple[str, str]], low: str, high: str) -> None:
        if low and high:
            if low > high:
                raise ValueError(self.text)
            ranges.append((low, high))
        else:
            ranges += [(one, one) for one in (low, "-", high) if one]


def _quick(node: Node) -> re.Pattern[str] | None:
    """Python's expression for one without lists: between two stars the first place that fits is as good as any later
    one, so that those parts are atomic groups, and matching never tries the same again.
    """
    if not isinstance(node, Sequence):
        return None
    fronts, groups = "", [""]
    for part in node.parts:
        if isinstance(part, Chars) and not (part.nocase and any(low != high for low, high in part.ranges)):
            groups[-1] += _class(part)
        elif _is_star(part):
            groups.append("")
        elif part in _FRONTS and groups == [""]:
            fronts += _FRONTS[part]
        else:
            return None
    first, *others = groups
    if not others:
        return re.compile(fronts + first, re.DOTALL)
    *middle, last = others
    return re.compile(fronts + first + "".join(f"(?>[^/]*?{part})" for part in middle) + f"[^/]*{last}", re.DOTALL)


def _is_star(node: Node) -> bool:
    if not isinstance(node, Repeat) or node.at_least_one or node.at_most_one:
        return False
    return isinstance(node.part, Chars) and node.part.negated and node.part.ranges == (("/", "/"),)


def _class(chars: Chars) -> str:
    forms = [(low, high) for low, high in chars.ranges]
    if chars.nocase:
        forms += [(form, form) for low, _ in chars.ranges for form in {low.lower(), low.upper()} if len(form) == 1]
    if not forms:
        return "." if chars.negated else "(?!)"
    if len(forms) == 1 and forms[0][0] == forms[0][1] and not chars.negated:
        return re.escape(forms[0][0])
    inside = "".join(f"{_code(low)}-{_code(high)}" for low, high in forms)
    return f"[{'^' if chars.negated else ''}{inside}]"


def _code(sign: str) -> str:
    return f"\\U{ord(sign):08x}"


_FRONTS: dict[Node, str] = {
    _Parser(front, nocase=nocase).atom(): quick
    for nocase in (False, True)
    for front, quick in {
        "(?=.)": r"(?=[^\n\r\u2028\u2029])",
        r"(?!\.)": r"(?!\.)",
        r"(?!(?:^|/)\.\.?(?:$|/))": r"(?!\.\.?\Z)",
    }.items()
}
"""What patterns look at before they begin, that there is something and that it is not hidden, and Python's words."""
