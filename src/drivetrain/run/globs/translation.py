"""One part of a pattern, between slashes, as an expression in JavaScript's notation: what minimatch 3 makes of it.

It is written down as text because minimatch's odd corners (lists that are not closed, what follows `!(...)`) are
defined by how such text is cut and put together. `expressions.py` reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.globs.expressions import DEEPEST, has_valid_ranges

if TYPE_CHECKING:
    from drivetrain.run.globs.options import Options

_ANY = "[^/]"
_STAR = "[^/]*?"
_SPECIAL = frozenset("().*{}+?[]^$\\!")
_OPENING = {"!": "(?:(?!(?:", "?": "(?:", "+": "(?:", "*": "(?:", "@": "(?:"}
_CLOSING = {"!": "))[^/]*?)", "?": ")?", "+": ")+", "*": ")*", "@": ")"}
_BAR = re.compile(r"((?:\\{2}){0,64})\\?\|")
_LONGEST = 1 << 18
"""Characters of an expression: `!(...)` doubles what follows it, which minimatch does until memory is full."""
_AFTER_LIST = len(")[^/]*?)")
"""Of what closes `!(...)`, all but the first parenthesis."""


class _List(NamedTuple):
    """`+(...)` while it is read: its sign, and where in the expression it begins."""

    sign: str
    start: int


class Translated(NamedTuple):
    """The expression, and whether it is one: without magic the part stands for itself."""

    expression: str
    magic: bool


def translate(part: str, options: Options, *, within: int = 0) -> Translated:
    """The expression that a part stands for. `within`: so many classes that are none, whose inside is read as a part.

    Raises UserError when these are too many.
    """
    if within > DEEPEST:
        raise UserError("a file pattern has too many brackets that are not closed", hint=f"there may be {DEEPEST}")
    reader = _Reader(part, options, within=within)
    reader.read()
    return reader.finished()


class _Reader:
    """Reads a part sign by sign."""

    def __init__(self, part: str, options: Options, *, within: int) -> None:
        self.part = part
        self.options = options
        self.within = within
        self.out = ""
        self.magic = options.nocase
        self.sign = ""
        """One of `?*+@!` that may yet turn out to open a list."""
        self.escaping = False
        self.lists: list[_List] = []
        self.excluding: list[tuple[int, int]] = []
        """Where `!(...)` begins and ends in the expression."""
        self.class_at = -1
        """Where in the part the class begins that is being read, or -1."""
        self.last_class = -1
        self.class_out = -1

    def read(self) -> None:
        for at, sign in enumerate(self.part):
            if self.escaping and sign in _SPECIAL:
                self.out += "\\" + sign
                self.escaping = False
            elif sign == "\\":
                self.flush()
                self.escaping = True
            elif sign in "?*+@!":
                self.special(sign, at)
            elif sign == "(":
                self.open_list()
            elif sign == ")":
                self.close_list()
            elif sign == "|":
                self.bar()
            elif sign == "[":
                self.open_class(at)
            elif sign == "]":
                self.close_class(at)
            else:
                self.plain(sign)
        self.end()

    def flush(self) -> None:
        """The sign that waited opens nothing."""
        if self.sign == "*":
            self.out, self.magic = self.out + _STAR, True
        elif self.sign == "?":
            self.out, self.magic = self.out + _ANY, True
        elif self.sign:
            self.out += "\\" + self.sign
        self.sign = ""

    def special(self, sign: str, at: int) -> None:
        if self.class_at >= 0:
            self.out += "^" if sign == "!" and at == self.class_at + 1 else sign
        elif not (sign == "*" and self.sign == "*"):
            self.flush()
            self.sign = sign
            if self.options.noext:
                self.flush()

    def open_list(self) -> None:
        if self.class_at >= 0:
            self.out += "("
        elif not self.sign:
            self.out += "\\("
        else:
            self.lists.append(_List(self.sign, len(self.out)))
            self.out += _OPENING[self.sign]
            self.sign = ""

    def close_list(self) -> None:
        if self.class_at >= 0 or not self.lists:
            self.out += "\\)"
            return
        self.flush()
        self.magic = True
        closed = self.lists.pop()
        self.out += _CLOSING[closed.sign]
        if closed.sign == "!":
            self.excluding.append((closed.start, len(self.out)))

    def bar(self) -> None:
        if self.class_at >= 0 or not self.lists or self.escaping:
            self.out += "\\|"
            self.escaping = False
        else:
            self.flush()
            self.out += "|"

    def open_class(self, at: int) -> None:
        self.flush()
        if self.class_at >= 0:
            self.out += "\\["
        else:
            self.class_at = self.last_class = at
            self.class_out = len(self.out)
            self.out += "["

    def close_class(self, at: int) -> None:
        if self.class_at < 0 or at == self.class_at + 1:
            self.out += "\\]"
            self.escaping = False
            return
        body = self.part[self.class_at + 1 : at]
        self.class_at = -1
        if has_valid_ranges(body):
            self.magic = True
            self.out += "]"
        else:
            self.take_literally(body, "\\]")

    def take_literally(self, body: str, closing: str) -> None:
        """A class that is none: its inside is read as a part of its own."""
        inside = translate(body, self.options, within=self.within + 1)
        # Of nothing minimatch makes JavaScript's word for nothing: `*[` matches `a[undefined`.
        self.out = self.out[: self.class_out] + "\\[" + (inside.expression if body else "undefined") + closing
        self.magic = self.magic or inside.magic

    def plain(self, sign: str) -> None:
        self.flush()
        if self.escaping:
            self.escaping = False
        elif sign in _SPECIAL and not (sign == "^" and self.class_at >= 0):
            self.out += "\\"
        self.out += sign

    def end(self) -> None:
        if self.class_at >= 0:
            self.take_literally(self.part[self.class_at + 1 :], "")
        while self.lists:
            self.unfinished(self.lists.pop())
        self.flush()
        if self.escaping:
            self.out += "\\\\"

    def unfinished(self, one: _List) -> None:
        """A list that is never closed stands for itself, the bars in it too."""
        inside = _with_literal_bars(self.out[one.start + len(_OPENING[one.sign]) :])
        sign = {"*": _STAR, "?": _ANY}.get(one.sign, "\\" + one.sign)
        self.magic = True
        self.out = self.out[: one.start] + sign + "\\(" + inside

    def finished(self) -> Translated:
        first = self.out[:1]
        for start, end in reversed(self.excluding):
            self.look_ahead(start, end)
        if self.out and self.magic:
            self.out = "(?=.)" + self.out
        if first and first in "[.(" and not self.part.startswith("."):
            hidden = "(?!(?:^|/)\\.\\.?(?:$|/))" if self.options.dot else "(?!\\.)"
            self.out = hidden + self.out
        return Translated(self.out, self.magic)

    def look_ahead(self, start: int, end: int) -> None:
        """What `!(...)` must not match goes on to the end of the part: `*.!(x).!(y|z)` is not `a.xyz.yz`."""
        before, after = self.out[:start], self.out[end:]
        rest = after
        for _ in range(before.count("(")):
            rest = _without_closing(rest)
        stop = "$" if not rest and not self.within else ""
        cut = end - _AFTER_LIST
        if len(self.out) > _LONGEST:
            raise UserError("a file pattern has too many parts that exclude", hint="write fewer `!(...)` in it")
        self.out = before + self.out[start:cut] + rest + stop + self.out[cut:end] + after


def _without_closing(text: str) -> str:
    """Without its first closing parenthesis, and the sign of repetition behind it."""
    at = text.find(")")
    if at < 0:
        return text
    behind = at + 1
    return text[:at] + text[behind + (text[behind : behind + 1] in ("+", "*", "?")) :]


def _with_literal_bars(text: str) -> str:
    """Bars escaped. minimatch repeats the escaped backslashes that stand before one, and so does this."""
    return _BAR.sub(lambda found: f"{found[1]}{found[1]}\\|", text)
