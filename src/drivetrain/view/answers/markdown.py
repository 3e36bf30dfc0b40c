"""Strangers' texts in Markdown: branch names, titles, names of metrics and tests, messages.

All of them become code: within code no host looks for HTML, links, images, mentions of people or references to issues
(https://github.github.com/gfm/#code-spans).
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
NOTHING = "\N{EN DASH}"
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of signs that are not seen, or change how others are: controls, directions, line ends."""
_URL = re.compile(r"https?://[^\s<>\"'`()\[\]{}|\\^]+")


def plain(text: str, longest: int = LONGEST) -> str:
    """One line of visible signs, cut to a length. For where a host takes plain text."""
    seen = "".join(sign if unicodedata.category(sign) not in _NOT_SHOWN else " " for sign in text[: longest * 4])
    line = " ".join(seen.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def code(text: str, longest: int = LONGEST) -> str:
    """As a span of code; a dash for nothing."""
    line = plain(text, longest)
    if not line:
        return NOTHING
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if "`" in (line[0], line[-1]) else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: str, longest: int = LONGEST) -> str:
    """As a span of code in a table, where a bar would end the cell: https://github.github.com/gfm/#tables-extension-"""
    return code(text, longest).replace("|", "\\|")


def block(text: str, longest: int) -> str:
    """Several lines as a block of code; nothing in them can end it."""
    lines = [plain(line, 400) for line in text[:longest].splitlines()]
    fence = "`" * (max((len(run) for line in lines for run in re.findall("`+", line)), default=0) + 3)
    return "\n".join([fence, *lines, fence])


def link(words: str, url: str) -> str:
    """Words of our own that lead somewhere; the words alone without an address, or with one that is odd."""
    return f"[{words}]({url})" if _URL.fullmatch(url) else words


def table(heads: list[str], rows: list[list[str]], right: int = 0) -> str:
    """A table of finished cells; the columns from `right` on, if any, are set to the right."""
    lines = [heads, [":--" if not right or number < right else "--:" for number in range(len(heads))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
