"""A parsed expression to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from drivetrain.lang.values import Value

if TYPE_CHECKING:
    from drivetrain.lang.expressions.nodes import Expression

HostFunction: TypeAlias = Callable[[Sequence[Value]], Value]


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression may refer to: named values (or functions that give them when asked), host functions."""

    values: Mapping[str, Value | Callable[[], Value]] = field(default_factory=dict)
    functions: Mapping[str, HostFunction] = field(default_factory=dict)


@dataclass(slots=True)
class Trace:
    """Collects how an expression was evaluated, in the form of Azure's logs, secrets masked by `mask`."""

    mask: Callable[[str], str] = str
    lines: list[str] = field(default_factory=list)


def evaluate(expression: Expression, context: Context, *, trace: Trace | None = None) -> Value:
    """The value of an expression. Raises ExpressionError."""
    raise NotImplementedError((expression, context, trace))
