"""A rule, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from drivetrain.errors import Severity

if TYPE_CHECKING:
    from drivetrain.definition.model import Pipeline
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node


class Finding(Struct, frozen=True):
    """One place that a rule complains about."""

    position: Position
    message: str
    hint: str = ""


class Sources(Struct, frozen=True):
    """What rules look at: the pipeline after expansion, and its files as they are written, templates included."""

    pipeline: Pipeline
    roots: Sequence[Node]


Check: TypeAlias = Callable[[Sources], Iterator[Finding]]


class Rule(Struct, frozen=True):
    """A check with the name that it has for people: in `--disable`, in comments, in SARIF and in docs/lint.md."""

    code: str
    title: str
    """One sentence that says what is wrong."""
    help: str
    """One paragraph that says when, why, and what to do; it stands in docs/lint.md too."""
    check: Check
    severity: Severity = Severity.WARNING
