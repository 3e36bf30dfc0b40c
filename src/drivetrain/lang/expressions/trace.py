"""How an expression was evaluated, in the form of Azure's logs.

    Evaluating: and(succeeded(), eq(variables['x'], 'a'))
    Expanded: and(True, eq('b', 'a'))
    Result: False

The second line is left out where it says no more than the third. Contexts and what they are looked into for, `format`,
`join` and the functions of the place are shown as what they came to; of the other functions only the arguments are;
what was not evaluated stays as it was written.
https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.expressions.nodes import Access, Call, Constant, Named, Wildcard
from drivetrain.lang.values import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.lang.expressions.nodes import Link, Part
    from drivetrain.lang.values import Value

_SHOWN_AS_TEXT = frozenset(name.lower() for name, function in FUNCTIONS.items() if not function.shown_as_result)


class Trace(Struct):
    """Collects the lines of each evaluation that it is given to; `mask` hides secrets in them and in errors.

    An evaluation that fails leaves its `Evaluating:` line only. One trace may collect several evaluations, those of
    `${{ }}` as well as those of conditions and `$[ ]`.
    """

    mask: Callable[[str], str] = str
    lines: list[str] = field(default_factory=list)


class Realized:
    """What the parts of one expression came to while it was evaluated."""

    __slots__ = ("_mask", "_shown")

    def __init__(self, mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._shown: dict[int, str] = {}

    def note(self, part: Part, value: Value) -> None:
        """Remember the value of a part, if it is one that is shown by its value."""
        if not isinstance(part, Call) or part.name.lower() not in _SHOWN_AS_TEXT:
            self._shown[id(part)] = shown(value, self._mask)

    def expanded(self, part: Part) -> str:
        """The text of a part with every part that was evaluated replaced by what it came to."""
        if id(part) in self._shown:
            return self._shown[id(part)]
        if isinstance(part, Call):
            return f"{part.name}({', '.join(map(self.expanded, part.arguments))})"
        return written(part)

    def outcome(self, root: Part | None, result: Value) -> list[str]:
        """The lines that follow the first."""
        last = shown(result, self._mask)
        expanded = self.expanded(root) if root else last
        lines = [] if expanded == last else [self._mask(f"Expanded: {expanded}")]
        return [*lines, self._mask(f"Result: {last}")]


def shown(value: Value, mask: Callable[[str], str]) -> str:
    """A value as traces and errors show it, its secrets masked before quotes are doubled."""
    if isinstance(value, str):
        return describe(mask(value))
    return mask(describe(value))


def written(part: Part) -> str:
    """A part as text, in the one form that traces use: `eq(variables['a'], 'b')`."""
    match part:
        case Constant():
            return describe(part.value)
        case Named():
            return part.name
        case Access():
            return written(part.base) + "".join(map(_bracket, part.links))
        case Call():
            return f"{part.name}({', '.join(map(written, part.arguments))})"


def _bracket(link: Link) -> str:
    return "['*']" if isinstance(link, Wildcard) else f"[{written(link.part)}]"
