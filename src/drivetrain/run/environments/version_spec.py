"""Azure's `versionSpec`: a semantic-version range as npm writes it, over Python's versions.

UsePythonVersion@0 turns `3.13-dev` into `>= 3.13.0-a0` and `3.13.0rc1` into `3.13.0-rc1`, then takes the highest
installed version that npm's `semver.satisfies` accepts.

Sources: https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-python-version-v0 ,
the task's versionspec.ts, and https://github.com/npm/node-semver#ranges for the ranges. One difference is wanted:
npm compares `rc10` with `rc9` as words, so that rc9 would win; here the number counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

Identifier = tuple[int, int, str]
"""One part of a pre-release, so that numbers sort before words and by value."""


class Version(Struct, frozen=True):
    """A version of three numbers, and of a pre-release if `pre` is not empty."""

    release: tuple[int, int, int]
    pre: tuple[Identifier, ...] = ()

    @property
    def key(self) -> tuple[tuple[int, int, int], bool, tuple[Identifier, ...]]:
        """What versions are ordered by: a pre-release comes before its release."""
        return (self.release, not self.pre, self.pre)


class Comparator(Struct, frozen=True):
    """One bound, such as `>=3.9.0`."""

    operator: str
    version: Version

    def accepts(self, version: Version) -> bool:
        """Whether `version` is inside this bound."""
        mine, theirs = self.version.key, version.key
        return (theirs > mine and ">" in self.operator) or (
            theirs < mine and "<" in self.operator) or (theirs == mine and "=" in self.operator)  # fmt: skip


class Range(Struct, frozen=True):
    """A range: a version is inside when it is inside every bound of any one alternative."""

    text: str
    alternatives: tuple[tuple[Comparator, ...], ...]

    def accepts(self, version: Version) -> bool:
        """Whether `version` satisfies the range, pre-releases only where the range names one of the same release."""
        return any(_accepted(version, bounds) for bounds in self.alternatives)


class Versioned(Protocol):
    """Anything `choose` can choose from."""

    @property
    def version(self) -> str:
        """A Python version such as `3.11.7` or `3.13.0rc1`."""

    @property
    def implementation(self) -> str:
        """`cpython`, `pypy`, ..."""

    @property
    def architecture(self) -> str:
        """`x64`, `x86` or `arm64`."""


AnyVersioned = TypeVar("AnyVersioned", bound=Versioned)

_PYTHON_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?[-.]?((?:a|b|rc|alpha|beta)[.]?\d*)?\+?$")
_PRE_IN_SPEC = re.compile(r"(\d+\.\d+\.\d+)((?:a|b|rc)\d*)")
_PART = r"(\d+|[xX*])"
_PARTIAL = rf"[v=\s]*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
_HYPHEN = re.compile(rf"\s*({_PARTIAL})\s+-\s+({_PARTIAL})\s*")
_COMPARATOR = re.compile(rf"(<=|>=|<|>|=|~>|~|\^)?\s*{_PARTIAL}")
_SPACE_AFTER_OPERATOR = re.compile(r"(<=|>=|~>|[<>=~^])\s+")
_WILD = frozenset({"x", "X", "*"})
_PYPY = {"PYPY2": "2", "PYPY3": "3"}


def parse_version(text: str) -> Version:
    """The version that Python calls `text`; a missing third number counts as 0."""
    match = _PYTHON_VERSION.match(text)
    if match is None:
        raise UserError(f"'{text}' is not a Python version", hint="write it as 3.11.7 or 3.13.0rc1")
    major, minor, patch, pre = match.groups()
    return Version((int(major), int(minor), int(patch or 0)), _pre_release(pre or ""))


def parse_range(spec: str) -> Range:
    """The range that `versionSpec: spec` asks for.

    Raises:
        UserError: npm cannot read it as a range (Azure then finds no version).
    """
    text = _PRE_IN_SPEC.sub(r"\1-\2", _without_dev(spec.strip()))
    try:
        return Range(spec, tuple(_alternative(part) for part in text.split("||")))
    except ValueError:
        raise UserError(
            f"versionSpec '{spec}' is not a version range",
            hint="write 3.11, 3.x, 3.11.7, '>=3.9 <3.12', '3.9 - 3.11', ~3.9, 3.13-dev or pypy3; join several by ||",
        ) from None


def choose(spec: str, candidates: Iterable[AnyVersioned], architecture: str | None = None) -> AnyVersioned | None:
    """The highest candidate that satisfies `spec`, or None; the first of equals.

    Args:
        spec: a range, or `pypy2` / `pypy3` in any case.
        candidates: interpreters; only CPython's normal build is considered, unless PyPy is asked for.
        architecture: `x64`, `x86`, `arm64`, or None for any.
    """
    major = _PYPY.get(spec.strip().upper())
    implementation, wanted = ("pypy", parse_range(major)) if major else ("cpython", parse_range(spec))
    fitting = [
        candidate
        for candidate in candidates
        if candidate.implementation == implementation
        and architecture in (None, candidate.architecture)
        and wanted.accepts(parse_version(candidate.version))
    ]
    return max(fitting, key=lambda candidate: parse_version(candidate.version).key, default=None)


def _accepted(version: Version, bounds: tuple[Comparator, ...]) -> bool:
    if not all(bound.accepts(version) for bound in bounds):
        return False
    return not version.pre or any(bound.version.pre and bound.version.release == version.release for bound in bounds)


def _without_dev(spec: str) -> str:
    return f">= {spec.removesuffix('-dev')}.0-a0" if spec.endswith("-dev") else spec


def _pre_release(text: str) -> tuple[Identifier, ...]:
    words = re.findall(r"\d+|[A-Za-z-]+", text)
    return tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words)


def _alternative(text: str) -> tuple[Comparator, ...]:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen is not None:
        groups = hyphen.groups()
        return (*_bounds(">=", groups[1:5]), *_bounds("<=", groups[6:10]))
    words = _SPACE_AFTER_OPERATOR.sub(r"\1", text).split()
    return tuple(bound for word in words or ["*"] for bound in _comparators(word))


def _comparators(word: str) -> tuple[Comparator, ...]:
    match = _COMPARATOR.fullmatch(word)
    if match is None:
        raise ValueError(word)
    operator, *parts = match.groups()
    return _bounds(operator or "=", tuple(parts))


def _bounds(operator: str, parts: tuple[str | None, ...]) -> tuple[Comparator, ...]:
    """The one or two plain bounds that an operator and a partial version stand for."""
    numbers = _known_numbers(parts[:3])
    lowest = Version(_filled(numbers), _pre_release(parts[3] or "") if len(numbers) == len(_ZERO) else ())
    if not numbers:
        nothing = operator in ("<", ">")
        return (Comparator("<" if nothing else ">=", Version(_ZERO)),)
    if operator in ("~", "~>", "^"):
        return (Comparator(">=", lowest), Comparator("<", _next(numbers, _kept(operator, numbers))))
    if len(numbers) == len(_ZERO):
        return (Comparator(operator, lowest),)
    return _partial_bounds(operator, lowest, _next(numbers, len(numbers)))


def _partial_bounds(operator: str, lowest: Version, after: Version) -> tuple[Comparator, ...]:
    table = {
        "=": (Comparator(">=", lowest), Comparator("<", after)),
        ">": (Comparator(">=", after),),
        ">=": (Comparator(">=", lowest),),
        "<": (Comparator("<", lowest),),
        "<=": (Comparator("<", after),),
    }
    return table[operator]


_ZERO = (0, 0, 0)


def _known_numbers(parts: tuple[str | None, ...]) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in parts:
        if part is None or part in _WILD:
            break
        numbers.append(int(part))
    return tuple(numbers)


def _filled(numbers: tuple[int, ...]) -> tuple[int, int, int]:
    major, minor, patch = (*numbers, *_ZERO)[: len(_ZERO)]
    return (major, minor, patch)


def _kept(operator: str, numbers: tuple[int, ...]) -> int:
    """How many leading numbers may not change: `~` keeps two, `^` all up to the first that is not zero."""
    if operator != "^":
        return min(2, len(numbers))
    return next((at + 1 for at, number in enumerate(numbers) if number), len(numbers))


def _next(numbers: tuple[int, ...], kept: int) -> Version:
    return Version(_filled((*numbers[: kept - 1], numbers[kept - 1] + 1)))
