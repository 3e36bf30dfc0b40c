"""Collecting what is wrong with a file: many problems, each with its place, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import Position, Problem, Severity
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.lang.tree import Node

LIMIT = 50
_LEAVES_OUT = frozenset({"unknown-repository", "wrong-template"})
"""Codes of errors after which a part of the file is not there, so that what depends on it cannot be judged."""


class Problems:
    """Problems of one file. The same one is kept once; after `LIMIT` the rest is only counted."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self._left_out = 0
        self.errors = 0
        """How many errors there are."""
        self.refused = False
        """Whether a part of the file could not be put in, so that what follows from its absence is not told."""

    def add(self, problem: Problem) -> None:
        """Keep a problem."""
        if problem in self._found:
            return
        if len(self._found) >= LIMIT:
            self._left_out += 1
            return
        self._found[problem] = None

    def error(self, at: Node | Position, message: str, *, code: str, hint: str = "") -> None:
        """Keep an error at a node or position."""
        self.errors += 1
        self.refused = self.refused or code in _LEAVES_OUT
        self.add(Problem(_position(at), message, hint, Severity.ERROR, code))

    def warning(self, at: Node | Position, message: str, *, code: str, hint: str = "") -> None:
        """Keep a warning at a node or position."""
        self.add(Problem(_position(at), message, hint, Severity.WARNING, code))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep several."""
        for problem in problems:
            self.errors += problem.severity is Severity.ERROR
            self.add(problem)

    def sorted(self) -> tuple[Problem, ...]:
        """All of them in the order of the file, with a last line that counts what was left out."""
        found = sorted(self._found, key=lambda problem: problem.position)
        if not self._left_out:
            return tuple(found)
        more = Problem(found[-1].position, f"and {self._left_out} more problems", code="too-many-problems")
        return (*found, more)


def _position(at: Node | Position) -> Position:
    """A scalar is shown where its quote or the sign of its block stands, as Azure has it."""
    return at if isinstance(at, Position) else at.start if isinstance(at, Scalar) else at.position
