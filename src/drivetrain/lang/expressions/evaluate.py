"""A parsed expression to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from drivetrain.lang.expressions.errors import ExpressionError, located
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.expressions.nodes import Access, Call, Constant, Wildcard
from drivetrain.lang.expressions.trace import Realized, Trace, shown, written
from drivetrain.lang.values import (
    CastError,
    FilteredArray,
    Required,
    Value,
    canonical,
    kind_of,
    to_boolean,
    to_number,
    to_string,
)

if TYPE_CHECKING:
    from drivetrain.lang.expressions.nodes import Expression, Named, Part

MAX_SIZE: Final = 5_000_000
"""How many characters one evaluation may make; in .NET that is ten megabytes."""
_ITEM: Final = 4
"""What an item that a filtered array holds counts as, in characters: in .NET a reference is eight bytes."""

HostFunction: TypeAlias = Callable[[Sequence[Value]], Value]
_TABLE = {name.lower(): function.implementation for name, function in FUNCTIONS.items()}


class Context(Struct, frozen=True):
    """What an expression may refer to, by names of any case: values (or functions that give them), functions.

    The members of a value are found in any case only where it is a `Caseless` mapping, as all contexts of Azure are;
    in a `Required` one a member that is not there is an error.
    """

    values: Mapping[str, Value | Callable[[], Value]] = field(default_factory=dict)
    functions: Mapping[str, HostFunction] = field(default_factory=dict)


def evaluate(expression: Expression, context: Context, *, trace: Trace | None = None) -> Value:
    """The value of an expression, null for an empty one. Raises ExpressionError; `trace` gets how it came about."""
    return _run(expression, context, trace, None)


def evaluate_boolean(expression: Expression, context: Context, *, trace: Trace | None = None) -> bool:
    """The value of a condition, as a boolean. Raises ExpressionError."""
    return to_boolean(_run(expression, context, trace, to_boolean))


def evaluate_string(expression: Expression, context: Context, *, trace: Trace | None = None) -> str:
    """The value of an expression, as a string; arrays and objects raise ExpressionError."""
    return to_string(_run(expression, context, trace, to_string))


def _run(
    expression: Expression, context: Context, trace: Trace | None, convert: Callable[[Value], Value] | None
) -> Value:
    run = _Evaluation(expression, context, trace)
    root = expression.root
    if trace and root:
        trace.lines.append(trace.mask(f"Evaluating: {written(root)}"))
    try:
        result = run.value(root) if root else None
        if convert:
            result = convert(result)
    except CastError as error:
        raise run.failed(error, root.position if root else 0) from None
    except ExpressionError as error:
        raise ExpressionError(run.mask(error.message), error.position, hint=error.hint) from None
    if trace and run.realized:
        trace.lines += run.realized.outcome(root, result)
    return result


class _Evaluation:
    """One evaluation: what it may look up, what it may still spend, and what its parts came to if that is traced."""

    __slots__ = ("context", "expression", "left", "mask", "realized")

    def __init__(self, expression: Expression, context: Context, trace: Trace | None) -> None:
        self.expression = expression
        self.context = context
        self.mask = trace.mask if trace else str
        self.realized = Realized(trace.mask) if trace else None
        self.left = MAX_SIZE

    def value(self, part: Part) -> Value:
        kind = type(part)
        value: Value
        if kind is Constant:
            return part.value  # type: ignore[union-attr]  # the type was just compared, here and below
        if kind is Access:
            value = self.access(part)  # type: ignore[arg-type]
        elif kind is Call:
            value = self.call(part)  # type: ignore[arg-type]
        else:
            value = self.named(part)  # type: ignore[arg-type]
        if self.realized:
            self.realized.note(part, value)
        return value

    def text(self, part: Part) -> str:
        value = self.value(part)
        if isinstance(value, str):
            return value
        try:
            return to_string(value)
        except CastError as error:
            raise self.failed(error, part.position) from None

    def truth(self, part: Part) -> bool:
        return to_boolean(self.value(part))

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            what = "The maximum allowed memory size was exceeded while evaluating the following expression"
            root = self.expression.root
            raise ExpressionError(f"{what}: {written(root) if root else ''}")

    def failed(self, error: CastError, position: int) -> ExpressionError:
        message = CastError.text(shown(error.value, self.mask), kind_of(error.value), error.to)
        return ExpressionError(message, position)

    def named(self, part: Named) -> Value:
        name = part.name
        entries = self.context.values
        key = name if name in entries else next((key for key in entries if key.lower() == name.lower()), None)
        if key is None:
            raise located("Unrecognized value", name, part.position, self.expression.text)
        value = entries[key]
        return canonical(value() if callable(value) else value)

    def call(self, part: Call) -> Value:
        name = part.name.lower()
        implementation = _TABLE.get(name)
        try:
            if implementation:
                return implementation(part.arguments, self)
            return canonical(self.host(part, name)([self.value(argument) for argument in part.arguments]))
        except CastError as error:
            raise self.failed(error, part.position) from None

    def host(self, part: Call, name: str) -> HostFunction:
        for key, function in self.context.functions.items():
            if key.lower() == name:
                return function
        raise located("Unrecognized value", part.name, part.position, self.expression.text)

    def access(self, part: Access) -> Value:
        """`base.a[0].*`: link after link, so that a long chain is no deep recursion."""
        value = self.value(part.base)
        for link in part.links:
            value = self.wildcard(value) if isinstance(link, Wildcard) else self.index(value, link.part)
        return value

    def index(self, target: Value, part: Part) -> Value:
        """What is not there is null, and so is all that lies beyond it, the index not even evaluated."""
        if not isinstance(target, list | Mapping):
            return None
        index = self.value(part)
        if isinstance(target, FilteredArray):
            self.spend(len(target) * _ITEM)
            return FilteredArray(item for child in target for item in picked(canonical(child), index))
        found = picked(target, index)
        if not found and isinstance(target, Required) and not isinstance(index, list | Mapping):
            raise ExpressionError(f"Key not found '{to_string(index)}'", part.position, hint=_keys(target))
        return found[0] if found else None

    def wildcard(self, target: Value) -> Value:
        if isinstance(target, FilteredArray):
            found = FilteredArray(item for child in target for item in members(canonical(child)))
        else:
            found = FilteredArray(members(target))
        self.spend(len(found) * _ITEM)
        return found


def picked(target: Value, index: Value) -> list[Value]:
    """What `target[index]` finds: one value or none. A miss is no error."""
    if isinstance(target, Mapping):
        if isinstance(index, list | Mapping):
            return []
        key = to_string(index)
        return [canonical(target[key])] if key in target else []
    if isinstance(target, list):
        number = to_number(index)
        if number is not None and 0 <= number < len(target):
            return [canonical(target[int(number)])]
    return []


def members(target: Value) -> list[Value]:
    """What `target.*` finds: the items of an array, the values of an object, nothing else."""
    if isinstance(target, Mapping):
        return [canonical(value) for value in target.values()]
    return [canonical(value) for value in target] if isinstance(target, list) else []


def _keys(target: Required) -> str:
    return f"there is: {', '.join(target)}" if target else "there is none at all"
