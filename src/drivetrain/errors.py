"""Every error that Drivetrain raises on purpose, and the positions that problems are shown at.

    DrivetrainError                 exit 1   has a message, and a hint: what to do next
      UserError                     exit 2   the request cannot be carried out as it stands
        DefinitionError             exit 1   a pipeline file has problems; carries all of them, with positions
        NotFoundError               exit 2   the named thing does not exist
        ConflictError               exit 2   it exists already, or is in a state that forbids this
      UnavailableError              exit 1   something needed is not there: a port, an interpreter, disk space, a server
      CorruptError                  exit 1   what is stored is not what we wrote, or was written by a newer version

A user's failing pipeline is not an error: it is a result (docs/architecture.md). Codes and HTTP statuses are
given at the edges only (view/).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Position(Struct, frozen=True, order=True, gc=False):
    """A place in a file, lines and columns counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(StrEnum):
    """How bad a problem is; only errors stop a pipeline."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Struct, frozen=True):
    """Something wrong at a place in a file: what, where, and what to do next."""

    position: Position
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    code: str = ""
    """A stable kebab-case name of the rule, for filters and SARIF, such as `unknown-key`."""

    def __str__(self) -> str:
        text = f"{self.position}: {self.severity.value}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class DrivetrainError(Exception):
    """The root of the tree drawn above."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(DrivetrainError):
    """The request cannot be carried out as it stands."""


class DefinitionError(UserError):
    """A pipeline file has problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NotFoundError(UserError):
    """The named thing does not exist."""


class ConflictError(UserError):
    """It exists already, or is in a state that forbids this."""


class UnavailableError(DrivetrainError):
    """Something needed is not there."""


class CorruptError(DrivetrainError):
    """What is stored is not what we wrote, or was written by a newer version."""
