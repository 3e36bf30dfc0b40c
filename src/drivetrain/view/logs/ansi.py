"""Terminal text -> spans with class names. Never HTML: what shows a span escapes its text.

Colours are the sixteen of ECMA-48 and its usual extensions; 256-colour and true-colour codes become the nearest of
the sixteen, so that a page needs no inline style. Everything else that a terminal would obey is dropped.
https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SPANS = 400
"""A line with more changes of style than this goes on in its last style."""
MAX_CODES = 32

_ESCAPE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])?"  # CSI ... final; only SGR, final m, means anything; it may be cut off
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: titles, links, images
    r"|\x1b[ -/]*[0-~]?"  # the rest, and an escape cut off by the end of the line
)
_PALETTE = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
)
_CUBE = (0, 95, 135, 175, 215, 255)


class Span(Struct, frozen=True):
    """Text in one style. `style` is a list of class names: b, dim, i, u, s, inv, f0-f15, g0-g15."""

    text: str
    style: str = ""


class _Style(Struct, frozen=True):
    foreground: int | None = None
    background: int | None = None
    flags: frozenset[str] = frozenset()

    def classes(self) -> str:
        names = sorted(self.flags)
        names += [f"f{self.foreground}"] if self.foreground is not None else []
        names += [f"g{self.background}"] if self.background is not None else []
        return " ".join(names)


_FLAG_ON = {1: "b", 2: "dim", 3: "i", 4: "u", 7: "inv", 9: "s"}
_FLAG_OFF = {22: ("b", "dim"), 23: ("i",), 24: ("u",), 27: ("inv",), 29: ("s",)}


def spans(text: str) -> list[Span]:
    """The text without its escape sequences, cut where the style changes; each line starts in the plain style."""
    if "\x1b" not in text:
        return [Span(text)] if text else []
    found: list[Span] = []
    style, at = _Style(), 0
    for match in _ESCAPE.finditer(text):
        _append(found, text[at : match.start()], style)
        at = match.end()
        if match[2] == "m":
            style = _apply(style, match[1])
    _append(found, text[at:], style)
    return found


def plain(text: str) -> str:
    """The text without its escape sequences."""
    return _ESCAPE.sub("", text) if "\x1b" in text else text


def _append(found: list[Span], text: str, style: _Style) -> None:
    if not text:
        return
    classes = style.classes()
    if found and (found[-1].style == classes or len(found) >= MAX_SPANS):
        found[-1] = Span(found[-1].text + text, found[-1].style)
    else:
        found.append(Span(text, classes))


def _apply(style: _Style, parameters: str) -> _Style:
    codes = iter([int(code) if code.isdecimal() else 0 for code in re.split("[;:]", parameters)[:MAX_CODES]])
    for code in codes:
        style = _apply_one(style, code, codes)
    return style


def _apply_one(style: _Style, code: int, rest: Iterator[int]) -> _Style:
    if code == 0:
        return _Style()
    if code in _FLAG_ON:
        return replace(style, flags=style.flags | {_FLAG_ON[code]})
    if code in _FLAG_OFF:
        return replace(style, flags=style.flags.difference(_FLAG_OFF[code]))
    if code in {38, 39}:
        return replace(style, foreground=_extended(rest) if code == 38 else None)  # noqa: PLR2004 - the SGR code
    if code in {48, 49}:
        return replace(style, background=_extended(rest) if code == 48 else None)  # noqa: PLR2004 - the SGR code
    return _basic(style, code)


def _basic(style: _Style, code: int) -> _Style:
    for first, offset, name in (
        (30, 0, "foreground"),
        (90, 8, "foreground"),
        (40, 0, "background"),
        (100, 8, "background"),
    ):
        if first <= code < first + 8:
            colour = code - first + offset
            return replace(style, foreground=colour) if name == "foreground" else replace(style, background=colour)
    return style


def _extended(rest: Iterator[int]) -> int | None:
    kind = next(rest, None)
    if kind == 5:  # noqa: PLR2004 - 38;5;n
        return _from_256(next(rest, 0))
    if kind == 2:  # noqa: PLR2004 - 38;2;r;g;b
        return _nearest((next(rest, 0), next(rest, 0), next(rest, 0)))
    return None


def _from_256(colour: int) -> int:
    if colour < len(_PALETTE):
        return colour
    if colour >= 232:  # noqa: PLR2004 - the grey ramp
        grey = 8 + 10 * (min(colour, 255) - 232)
        return _nearest((grey, grey, grey))
    cube = colour - 16
    return _nearest((_CUBE[cube // 36], _CUBE[cube // 6 % 6], _CUBE[cube % 6]))


def _nearest(colour: tuple[int, int, int]) -> int:
    def distance(index: int) -> int:
        return sum((a - b) ** 2 for a, b in zip(_PALETTE[index], colour, strict=True))

    return min(range(len(_PALETTE)), key=distance)
