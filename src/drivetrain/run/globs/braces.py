"""Braces in patterns: `a{b,c}` is `ab` and `ac`, `{1..3}` counts, as the package brace-expansion 1 does it, which
follows Bash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 10_000
"""Patterns that one may stand for. The package stops at 100,000, without a word."""
DEEPEST = 100
_ESCAPED = {"\\\\": "\0S", "\\{": "\0O", "\\}": "\0C", "\\,": "\0K", "\\.": "\0P"}
_MEANT = {"\0S": "\\", "\0O": "{", "\0C": "}", "\0K": ",", "\0P": "."}
_CLOSING = _ESCAPED["\\}"]
_NUMBERS = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?", re.ASCII)
_LETTERS = re.compile(r"([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?", re.ASCII)
_PADDED = re.compile(r"-?0\d", re.ASCII)
_SET_FOLLOWS = re.compile(r",(?!,)[^\n\r\u2028\u2029]*\}")


class _Set(NamedTuple):
    before: str
    body: str
    after: str


def expand_braces(pattern: str) -> list[str]:
    """All that a pattern stands for. Raises UserError when that is too much."""
    if re.search(r"\{(?:(?!\{).)*\}", pattern) is None:
        return [pattern]
    text = pattern if not pattern.startswith("{}") else "\\{\\}" + pattern[2:]
    found = _expand(_replaced(text, _ESCAPED), top=True, depth=0)
    return [_replaced(one, _MEANT) for one in found]


def _replaced(text: str, table: dict[str, str]) -> str:
    for old, new in table.items():
        text = text.replace(old, new)
    return text


def _expand(text: str, *, top: bool, depth: int) -> list[str]:
    """Sets from left to right, each combined with all that came before."""
    if depth > DEEPEST:
        raise UserError("a file pattern has braces within braces, too deep")
    done, kept, drops, first = [""], [0], False, True
    while (found := _first_set(text)) is not None:
        if found.before.endswith("$"):
            break
        values = _values(found.body, depth)
        if values is None:
            if _SET_FOLLOWS.search(found.after) is None:
                break
            text = found.before + "{" + found.body + _CLOSING + found.after
            top, first, drops = True, True, False
            kept = [len(one) for one in done]
            continue
        if first:
            drops, first = top and not _is_sequence(found.body), False
        done, kept = _combined(done, kept, found.before, values, drops=drops and not found.after)
        text = found.after
        if not text:
            return done
    return _combined(done, kept, text, [""], drops=drops)[0]


def _combined(
    done: Sequence[str], kept: Sequence[int], before: str, values: Sequence[str], *, drops: bool
) -> tuple[list[str], list[int]]:
    """Every text so far with every value; with `drops`, without those to which nothing came."""
    if len(done) * len(values) > MOST:
        raise UserError(f"a file pattern stands for more than {MOST} patterns", hint="use fewer braces")
    texts: list[str] = []
    lengths: list[int] = []
    for one, length in zip(done, kept, strict=True):
        for value in values:
            new = one + before + value
            if not (drops and len(new) == length):
                texts.append(new)
                lengths.append(length)
    return texts, lengths


def _first_set(text: str) -> _Set | None:
    """The first pair of braces that belong together and are in no other; of those that are never closed, what is
    inside.
    """
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at, sign in enumerate(text):
        if sign == "{":
            opened.append(at)
        elif sign == "}" and opened:
            pairs.append((opened.pop(), at))
            if not opened:
                break
    if not pairs:
        return None
    start, end = pairs[-1] if not opened else min(pairs)
    return _Set(text[:start], text[start + 1 : end], text[end + 1 :])


def _is_sequence(body: str) -> bool:
    return _NUMBERS.fullmatch(body) is not None or _LETTERS.fullmatch(body) is not None


def _values(body: str, depth: int) -> list[str] | None:
    """What a set stands for; None when it is none."""
    numbers, letters = _NUMBERS.fullmatch(body), _LETTERS.fullmatch(body)
    if numbers is not None:
        return _counted(*numbers.groups())
    if letters is not None:
        low, high, step = letters.groups()
        signs = [chr(one) for one in _range(ord(low), ord(high), step)]
        return ["" if sign == "\\" else sign for sign in signs]
    if "," not in body:
        return None
    members = _members(body)
    if len(members) == 1:  # x{{a,b}}y is x{a}y x{b}y
        members = [f"{{{one}}}" for one in _expand(members[0], top=False, depth=depth + 1)]
        if len(members) == 1:
            return members
    return [one for member in members for one in _expand(member, top=False, depth=depth + 1)]


def _counted(low: str, high: str, step: str | None) -> list[str]:
    width = max(len(low), len(high))
    pads = any(_PADDED.match(part) for part in (low, high, step or ""))
    numbers = _range(int(low), int(high), step)
    return [f"{number:0{width}d}" if pads else str(number) for number in numbers]


def _range(low: int, high: int, step: str | None) -> range:
    by = max(1, abs(int(step or "1")))
    if abs(high - low) // by >= MOST:
        raise UserError(f"a file pattern stands for more than {MOST} patterns", hint="use a shorter range")
    return range(low, high + 1, by) if high >= low else range(low, high - 1, -by)


def _members(body: str) -> list[str]:
    """Split at the commas that are in no inner braces."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(body):
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(0, depth - 1)
        elif sign == "," and depth == 0:
            parts.append(body[start:at])
            start = at + 1
    return [*parts, body[start:]]
