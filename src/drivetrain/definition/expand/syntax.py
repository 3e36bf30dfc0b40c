"""What is wrong with the `${{ }}` of a file that can be told before anything has a value.

Azure reads all expressions of a file first, also those in what no condition chooses, and evaluates none of them when
one cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.expand.evaluator import OPEN, Evaluator
from drivetrain.lang.expressions import ExpressionError, parse
from drivetrain.lang.interpolation import Embedded, directive, parts
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.interpolation import Directive
    from drivetrain.lang.tree import Node

_UNREAD = frozenset({"parameters"})
"""Keys of a root whose expressions are not read."""


class Syntax:
    """Reads the expressions of one file after the other, each text once."""

    def __init__(self, problems: Problems, evaluator: Evaluator, lists: frozenset[str]) -> None:
        """`lists` are the keys whose lists have entries with known keys."""
        self._problems = problems
        self._evaluator = evaluator
        self._lists = lists
        self._good: set[str] = set()
        self._ok = True

    def check(self, root: Mapping) -> bool:
        """Whether all expressions of a file can be read; those that cannot are reported."""
        self._ok = True
        for key, value in root.entries:
            if key.value not in _UNREAD:
                self._entry(key, value, named=False)
        return self._ok

    def _node(self, node: Node, *, listed: bool) -> None:
        """`listed` says whether the node is a list whose entries have known keys, or stands for some of its entries."""
        if isinstance(node, Scalar):
            self._value(node)
        elif isinstance(node, Sequence):
            for item in node.items:
                self._node(item, listed=listed) if isinstance(item, Mapping) else self._node(item, listed=False)
        else:
            for key, value in node.entries:
                self._entry(key, value, named=listed)

    def _entry(self, key: Scalar, value: Node, *, named: bool) -> None:
        found = self._key(key, named=named) if OPEN in key.value and not key.given else None
        self._node(value, listed=named if found else key.value in self._lists)

    def _key(self, key: Scalar, *, named: bool) -> Directive | None:
        try:
            found = directive(key.value)
            if found is None:
                self._read_all(key.value)
            elif found.expression_text:
                self._read(found.expression_text, found.offset)
        except ExpressionError as error:
            self._refuse(key, error)
            if named:
                self._evaluator.unexpected(key, key.value)
            return None
        return found

    def _value(self, node: Scalar) -> None:
        if OPEN not in node.value or node.given:
            return
        try:
            found = directive(node.value)
            if found is None:
                self._read_all(node.value)
                return
        except ExpressionError as error:
            self._refuse(node, error)
            return
        self._ok = False
        self._evaluator.unexpected(node, str(found), hint="a directive is a key: write `- ${{ ... }}:` with a colon")

    def _read_all(self, text: str) -> None:
        """Read the expressions in a text. Raises ExpressionError."""
        if text in self._good:
            return
        for part in parts(text):
            if isinstance(part, Embedded):
                self._read(part.expression_text, part.offset)
        self._good.add(text)

    def _read(self, text: str, offset: int) -> None:
        """Read one expression, at `offset` of its scalar. Raises ExpressionError."""
        if text in self._good:
            return
        try:
            parse(text, template=True)
        except ExpressionError as error:
            raise ExpressionError(error.message, offset + error.position, hint=error.hint) from None
        self._good.add(text)

    def _refuse(self, node: Scalar, error: ExpressionError) -> None:
        self._ok = False
        self._evaluator.report(node, 0, error)
