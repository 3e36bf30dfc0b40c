"""One pattern against whole paths, as minimatch 3 does it: part by part, `**` for any number of parts."""

from __future__ import annotations

import itertools
import re
from enum import Enum
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.globs.braces import expand_braces
from drivetrain.run.globs.expressions import test
from drivetrain.run.globs.options import LONGEST, SPACE
from drivetrain.run.globs.translation import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.run.globs.options import Options

_SLASHES = re.compile("/+")
_DEEPEST = 200
"""Groups between `**` that are tried; beyond, minimatch gives up and so does this."""


class Globstar(Enum):
    """`**`: any number of parts."""

    GLOBSTAR = "**"


if TYPE_CHECKING:
    Part = str | Callable[[str], bool] | Globstar
    """What stands between two slashes: itself, a test, or `**`."""


class Pattern:
    """A pattern, read once to be held against many paths. Raises UserError when it is too large."""

    def __init__(self, text: str, options: Options) -> None:
        if len(text) > LONGEST:
            raise UserError(f"a file pattern is longer than {LONGEST} characters: {text[:60]}...")
        self.text = text.strip(SPACE)
        self.options = options
        self.comment = not options.nocomment and self.text.startswith("#")
        self.negated = False
        self.parts: list[list[Part]] = []
        self._tests: list[Callable[[Sequence[str]], bool]] = []
        if self.text and not self.comment:
            self._read()

    def _read(self) -> None:
        body = self.text
        if not self.options.nonegate:
            body = body.lstrip("!")
            self.negated = (len(self.text) - len(body)) % 2 == 1
        alternatives = [body] if self.options.nobrace else expand_braces(body)
        self.parts = [[_part(part, self.options) for part in _SLASHES.split(one)] for one in alternatives]
        self._tests = [self._test(parts) for parts in self.parts]

    def _test(self, parts: list[Part]) -> Callable[[Sequence[str]], bool]:
        if Globstar.GLOBSTAR in parts:
            return _Stars(parts, dot=self.options.dot).match
        return lambda file: _same(file, parts)

    def matches(self, path: str) -> bool:
        """Whether a path, with `/` between its parts, matches."""
        if self.comment:
            return False
        if not self.text:
            return not path
        file = _SLASHES.split(path)
        for parts, test_of in zip(self.parts, self._tests, strict=True):
            if test_of(_base(file) if self.options.match_base and len(parts) == 1 else file):
                return self.options.flip_negate or not self.negated
        return not self.options.flip_negate and self.negated


def _base(file: Sequence[str]) -> list[str]:
    """The last part that is not empty."""
    return [next((part for part in reversed(file) if part), file[0])]


def _part(text: str, options: Options) -> Part:
    if text == "**":
        if not options.noglobstar:
            return Globstar.GLOBSTAR
        text = "*"
    if not text:
        return text
    translated = translate(text, options)
    if not translated.magic:
        return re.sub(r"\\([^\n\r\u2028\u2029])", r"\1", text)
    return test(translated.expression, nocase=options.nocase)


def _fits(name: str, part: Part) -> bool:
    if isinstance(part, str):
        return name == part
    return not isinstance(part, Globstar) and part(name)


def _same(file: Sequence[str], parts: Sequence[Part]) -> bool:
    """Part for part; a slash more at the end of the path does no harm."""
    if len(file) != len(parts) and not (len(file) == len(parts) + 1 and file[-1] == ""):
        return False
    return all(map(_fits, file, parts))


class _Stars:
    """Parts with `**` among them: a head, a tail, and groups between the stars."""

    def __init__(self, parts: list[Part], *, dot: bool) -> None:
        self.dot = dot
        stars = [at for at, part in enumerate(parts) if part is Globstar.GLOBSTAR]
        self.head, self.tail = parts[: stars[0]], parts[stars[-1] + 1 :]
        groups = [parts[start + 1 : end] for start, end in itertools.pairwise(stars)]
        self.groups = [] if groups == [[]] else groups
        self.room = [sum(map(len, self.groups[number:])) for number in range(len(self.groups))]
        """How many parts of a path each group and those after it need."""

    def match(self, file: Sequence[str]) -> bool:
        start = len(self.head)
        if self.head and not _same(file[:start], self.head):
            return False
        ending = self._ending(file, start)
        if ending is None:
            return False
        if not self.groups:
            between = file[start : len(file) - ending]
            return not any(map(self._hidden, between)) and bool(between or ending)
        return bool(self._group(file, start, 0, ending))

    def _hidden(self, name: str) -> bool:
        """`**` does not go there."""
        return name in (".", "..") or (not self.dot and name.startswith("."))

    def _ending(self, file: Sequence[str], start: int) -> int | None:
        """How many parts of the path the tail takes; None when it does not fit."""
        size, tail = len(file), self.tail
        if not tail:
            return 0
        if len(tail) + start > size:
            return None
        if _same(file[size - len(tail) :], tail):
            return len(tail)
        # a/**/* matches a/b/
        if file[-1] or start + len(tail) == size or not _same(file[size - len(tail) - 1 :], tail):
            return None
        return len(tail) + 1

    def _group(self, file: Sequence[str], at: int, number: int, ending: int) -> bool | None:
        """Whether the groups from `number` on fit somewhere from `at` on; None when no later place can help."""
        if number == len(self.groups):
            rest = file[at:]
            return not any(map(self._hidden, rest)) and bool(ending or rest)
        group = self.groups[number]
        for place in range(at, len(file) - ending - self.room[number] + 1):
            after = place + len(group)
            if number < _DEEPEST and _same(file[place:after], group):
                found = self._group(file, after, number + 1, ending)
                if found is not False:
                    return found
            if self._hidden("".join(file[place : place + 1])):
                return False
        return None
