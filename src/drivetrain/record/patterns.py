"""File patterns as Azure's tasks read them: `**`, `*`, `?`, `[...]`, `{a,b}`, and `!` to take files out again.

https://learn.microsoft.com/azure/devops/pipelines/tasks/file-matching-patterns
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_ALTERNATIVES = 1000
LONGEST = 4096


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test of paths with `/` between their parts. Patterns count in order: the last that matches decides.

    Without any, everything matches. Raises UserError on a pattern that is too large.
    """
    rules = [rule for text in patterns if (rule := _rule(text.strip())) is not None]
    if not rules:
        return lambda _: True

    def matches(path: str) -> bool:
        chosen = False
        for wanted, expressions in rules:
            if chosen is not wanted and any(expression.fullmatch(path) for expression in expressions):
                chosen = wanted
        return chosen

    return matches


def _rule(text: str) -> tuple[bool, list[re.Pattern[str]]] | None:
    if not text or text.startswith("#"):
        return None
    if len(text) > LONGEST:
        raise UserError(f"a file pattern is longer than {LONGEST} characters: {text[:60]}...")
    body = text.lstrip("!")
    wanted = (len(text) - len(body)) % 2 == 0
    alternatives = _alternatives(body.replace("\\", "/").removeprefix("./"))
    return wanted, [re.compile(_expression(alternative), re.DOTALL) for alternative in alternatives]


def _alternatives(text: str) -> list[str]:
    """`a{b,c}` as `ab` and `ac`; braces without a comma are literal."""
    found: list[str] = []
    waiting = [text]
    while waiting:
        if len(found) + len(waiting) > MOST_ALTERNATIVES:
            raise UserError(f"the file pattern {text} has more than {MOST_ALTERNATIVES} alternatives")
        one = waiting.pop()
        braces = re.search(r"\{([^{}]*,[^{}]*)\}", one)
        if braces is None:
            found.append(one)
        else:
            waiting += [one[: braces.start()] + part + one[braces.end() :] for part in braces[1].split(",")]
    return found


def _expression(pattern: str) -> str:
    """The regular expression of one pattern.

    Between two `**` (or two `*`) the first place that fits is as good as any later one, so that those parts are
    atomic groups: matching never tries the same again, whatever a hostile pattern looks like.
    """
    groups: list[list[str]] = [[]]
    for segment in pattern.split("/"):
        if segment == "**":
            groups.append([])
        elif segment not in ("", "."):
            groups[-1].append(_segment(segment))
    first, *others = ["/".join(group) for group in groups]
    if not others:
        return first
    *middle, last = others
    parts = [f"{first}/" if first else ""]
    parts += [f"(?>(?:[^/]+/)*?{group}/)" for group in middle if group]
    parts.append(f"(?:[^/]+/)*{last}" if last else ".*")
    return "".join(parts)


def _segment(text: str) -> str:
    """A part without slashes."""
    first, *others = [_fixed(part) for part in re.split(r"\*+", text)]
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>[^/]*?{part})" for part in middle) + f"[^/]*{last}"


def _fixed(text: str) -> str:
    """A part without stars."""
    out, at = "", 0
    while at < len(text):
        sign = text[at]
        closed = text.find("]", at + 2) if sign == "[" else -1
        if closed > 0:
            out += _set(text[at + 1 : closed])
            at = closed
        else:
            out += "[^/]" if sign == "?" else re.escape(sign)
        at += 1
    return out


def _set(body: str) -> str:
    negated = body[0] in "!^"
    inner = re.sub(r"([\\\[\]&~|^])", r"\\\1", body[1:] if negated else body)
    try:
        re.compile(f"[{inner}]")
    except re.error:
        inner = re.escape(body[1:] if negated else body)
    return f"(?!/)[{'^' if negated else ''}{inner}]"
