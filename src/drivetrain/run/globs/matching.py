"""`match`, `filter` and what patterns of a list have in common: azure-pipelines-task-lib's, outside Windows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from drivetrain.run.globs.braces import expand_braces
from drivetrain.run.globs.options import DEFAULT, SPACE
from drivetrain.run.globs.paths import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from drivetrain.run.globs.options import Options

_SPECIAL_IN_ROOT = (
    (re.compile(r"\\"), r"\\\\"),
    (re.compile(r"\[(?=[^/]+\])"), "[[]"),
    (re.compile(r"\?"), "[?]"),
    (re.compile(r"\*"), "[*]"),
    (re.compile(r"\+\("), "[+]("),
    (re.compile(r"@\("), "[@]("),
    (re.compile(r"!\("), "[!]("),
)
"""What has a meaning in patterns and stands for itself in a folder's name, in the order in which it is escaped."""


class Rule(NamedTuple):
    """One pattern of a list, with its braces expanded and its `!` taken off."""

    text: str
    include: bool
    options: Options


def rules(patterns: Iterable[str], options: Options) -> Iterator[Rule]:
    """What a list of patterns says, in order: blank ones and comments are left out."""
    for each in patterns:
        text = each.strip(SPACE)
        if not text or (text.startswith("#") and not options.nocomment):
            continue
        body = text if options.nonegate else text.lstrip("!")
        even = (len(text) - len(body)) % 2 == 0
        include = len(text) == len(body) or even is not options.flip_negate
        within = replace(options, nocomment=True, nonegate=True, flip_negate=False, nobrace=True)
        for one in [body] if options.nobrace else expand_braces(body):
            stripped = one.strip(SPACE)
            if stripped:
                yield Rule(stripped, include, within)


def match(paths: Sequence[str], patterns: Iterable[str], root: str = "", options: Options = DEFAULT) -> list[str]:
    """Those paths that a list of patterns chooses, in their own order: each pattern takes in or, with `!`, out.

    Patterns that are not absolute count from `root`, which is read as a pattern itself.
    """
    chosen: set[str] = set()
    for rule in rules(patterns, options):
        text = rule.text
        if root and not text.startswith("/") and not is_base(rule):
            text = rooted(root, text)
        found = matching(paths, Pattern(text, rule.options))
        chosen = chosen.union(found) if rule.include else chosen.difference(found)
    return [path for path in paths if path in chosen]


def matching(paths: Iterable[str], pattern: Pattern) -> list[str]:
    """`minimatch.match`: those paths that one pattern matches."""
    found = [path for path in paths if pattern.matches(path)]
    return found or ([pattern.text] if pattern.options.nonull else [])


def filter_of(pattern: str, options: Options = DEFAULT) -> Callable[[str], bool]:
    """`filter`: the test of one pattern."""
    return Pattern(pattern, options).matches


def is_base(rule: Rule) -> bool:
    """Whether it is held against the last part of a path only."""
    return rule.options.match_base and "/" not in rule.text and not rule.text.startswith("/")


def rooted(root: str, path: str) -> str:
    """The path below `root`, if it is not absolute."""
    if path.startswith("/"):
        return path
    return root + path if root.endswith("/") else f"{root}/{path}"


def rooted_pattern(root: str, pattern: str) -> str:
    """The pattern below a folder whose name stands for itself."""
    if pattern.startswith("/"):
        return pattern
    return rooted(literally(root), pattern)


def literally(folder: str) -> str:
    """A pattern that means exactly this folder."""
    text = single_slashes(folder)
    for special, literal in _SPECIAL_IN_ROOT:
        text = special.sub(literal, text)
    return text


def single_slashes(path: str) -> str:
    """A path without empty parts."""
    return re.sub("//+", "/", path)
