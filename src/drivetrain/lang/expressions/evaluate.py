"""A parsed expression to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from drivetrain.lang.expressions.errors import ExpressionError, located
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.expressions.nodes import Call, Constant, Index, Named, Wildcard, unlinked
from drivetrain.lang.values import (
    CastError,
    FilteredArray,
    Value,
    canonical,
    describe,
    kind_of,
    spelled,
    to_boolean,
    to_number,
    to_string,
)

if TYPE_CHECKING:
    from drivetrain.lang.expressions.nodes import Expression, Part

MAX_SIZE: Final = 5_000_000
"""How many characters and items one evaluation may make."""

HostFunction: TypeAlias = Callable[[Sequence[Value]], Value]
_TABLE = {name.lower(): function for name, function in FUNCTIONS.items()}
_SHOWN_AS_TEXT = {name for name, function in _TABLE.items() if not function.shown_as_result}


class Context(Struct, frozen=True):
    """What an expression may refer to, by names of any case: values (or functions that give them), functions."""

    values: Mapping[str, Value | Callable[[], Value]] = field(default_factory=dict)
    functions: Mapping[str, HostFunction] = field(default_factory=dict)


class Trace(Struct):
    """Collects how an expression was evaluated, in the form of Azure's logs, secrets masked by `mask`.

    Three lines: `Evaluating: ` the expression, `Expanded: ` with what its parts turned out to be, `Result: `.
    """

    mask: Callable[[str], str] = str
    lines: list[str] = field(default_factory=list)


def evaluate(expression: Expression, context: Context, *, trace: Trace | None = None) -> Value:
    """The value of an expression, null for an empty one. Raises ExpressionError."""
    return _run(expression, context, trace, _same)


def evaluate_boolean(expression: Expression, context: Context, *, trace: Trace | None = None) -> bool:
    """The value of a condition, as a boolean."""
    return to_boolean(_run(expression, context, trace, to_boolean))


def evaluate_string(expression: Expression, context: Context, *, trace: Trace | None = None) -> str:
    """The value of an expression, as a string; arrays and objects raise ExpressionError."""
    return to_string(_run(expression, context, trace, to_string))


def _same(value: Value) -> Value:
    return value


def _run(expression: Expression, context: Context, trace: Trace | None, convert: Callable[[Value], Value]) -> Value:
    run = _Evaluation(expression.text, context, {} if trace else None, trace.mask if trace else str)
    root = expression.root
    if trace and root:
        trace.lines.append(trace.mask(f"Evaluating: {written(root)}"))
    try:
        result = convert(run.value(root) if root else None)
    except CastError as error:
        raise run.failed(error, root.position if root else 0) from None
    except ExpressionError as error:
        raise ExpressionError(run.mask(error.message), error.position, hint=error.hint) from None
    if trace:
        trace.lines += _outcome(trace.mask, run.expanded(root) if root else "", run.show(result))
    return result


def _outcome(mask: Callable[[str], str], expanded: str, result: str) -> list[str]:
    lines = [] if expanded == result else [mask(f"Expanded: {expanded}")]
    return [*lines, mask(f"Result: {result}")]


def written(part: Part) -> str:
    """A part as text, in the one form that traces use: `eq(variables['a'], 'b')`."""
    match part:
        case Constant():
            return describe(part.value)
        case Named():
            return part.name
        case Index() | Wildcard():
            base, links = unlinked(part)
            return written(base) + "".join(_bracket(link) for link in links)
        case Call():
            return f"{part.name}({', '.join(map(written, part.arguments))})"


def _bracket(link: Index | Wildcard) -> str:
    return "[*]" if isinstance(link, Wildcard) else f"[{written(link.index)}]"


class _Evaluation:
    """One evaluation: what it may look up, what it may still spend, and what its parts came to if that is traced."""

    __slots__ = ("context", "left", "mask", "realized", "source")

    def __init__(
        self, text: str, context: Context, realized: dict[int, str] | None, mask: Callable[[str], str]
    ) -> None:
        self.source = text
        self.context = context
        self.realized = realized
        self.mask = mask
        self.left = MAX_SIZE

    def value(self, part: Part) -> Value:
        kind = type(part)
        if kind is Constant:
            return part.value  # type: ignore[union-attr]  # the type was just compared
        value = self.compute(part)
        if self.realized is not None and not self.shown_as_text(part):
            self.realized[id(part)] = self.show(value)
        return value

    def compute(self, part: Part) -> Value:
        match part:
            case Call():
                return self.call(part)
            case Index() | Wildcard():
                return self.linked(part)
            case Named():
                return self.named(part)
            case Constant():
                return part.value

    def text(self, part: Part) -> str:
        value = self.value(part)
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
            raise ExpressionError(f"{what}: {self.source}")

    def failed(self, error: CastError, position: int) -> ExpressionError:
        shown = self.show(error.value)
        return ExpressionError(CastError.text(shown, kind_of(error.value), error.to), position)

    def named(self, part: Named) -> Value:
        name = part.name
        entries = self.context.values
        key = name if name in entries else next((key for key in entries if key.lower() == name.lower()), None)
        if key is None:
            raise located("Unrecognized value", name, part.position, self.source)
        value = entries[key]
        return canonical(value() if callable(value) else value)

    def call(self, part: Call) -> Value:
        name = part.name.lower()
        function = _TABLE.get(name)
        try:
            if function:
                return function.implementation(part.arguments, self)
            return canonical(self.host(part, name)([self.value(argument) for argument in part.arguments]))
        except CastError as error:
            raise self.failed(error, part.position) from None

    def host(self, part: Call, name: str) -> HostFunction:
        for key, function in self.context.functions.items():
            if key.lower() == name:
                return function
        raise located("Unrecognized value", part.name, part.position, self.source)

    def linked(self, part: Index | Wildcard) -> Value:
        """`base.a[0].*`: link after link, so that a long chain is no deep recursion."""
        base, links = unlinked(part)
        value = self.value(base)
        for link in links:
            value = self.wildcard(value) if isinstance(link, Wildcard) else self.index(value, link.index)
        return value

    def index(self, target: Value, part: Part) -> Value:
        if not isinstance(target, list | Mapping):
            return None
        index = self.value(part)
        if isinstance(target, FilteredArray):
            self.spend(len(target))
            return FilteredArray(item for child in target for item in picked(canonical(child), index))
        return next(iter(picked(target, index)), None)

    def wildcard(self, target: Value) -> Value:
        if isinstance(target, FilteredArray):
            found = FilteredArray(item for child in target for item in members(canonical(child)))
        else:
            found = FilteredArray(members(target))
        self.spend(len(found))
        return found

    def show(self, value: Value) -> str:
        if isinstance(value, str):
            return describe(self.mask(value))
        return self.mask(describe(value))

    def shown_as_text(self, part: Part) -> bool:
        return isinstance(part, Call) and part.name.lower() in _SHOWN_AS_TEXT

    def expanded(self, part: Part) -> str:
        """The text of a part with every part that was evaluated replaced by what it came to."""
        realized = (self.realized or {}).get(id(part))
        if realized is not None:
            return realized
        if isinstance(part, Call):
            return f"{part.name}({', '.join(map(self.expanded, part.arguments))})"
        return written(part)


def picked(target: Value, index: Value) -> list[Value]:
    """What `target[index]` finds: one value or none. A miss is no error."""
    if isinstance(target, Mapping):
        if isinstance(index, list | Mapping):
            return []
        key = spelled(target, to_string(index))
        return [] if key is None else [canonical(target[key])]
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
