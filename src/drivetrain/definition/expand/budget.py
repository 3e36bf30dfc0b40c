"""What the expansion of one pipeline may come to, so that a template bomb ends in an error, soon.

https://learn.microsoft.com/azure/devops/pipelines/process/templates#imposed-limits
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.tree import Node

SIZE = 20_000_000
"""Most characters (and as many nodes / 20) that the expanded file may have; Azure gives it 20 MB of memory."""
FILES = 100
"""Most files that may be included, directly or indirectly."""
NESTING = 100
"""How deep templates may include templates."""
NODE_COST = 20


class TooLargeError(Exception):
    """The expansion would be larger than is allowed; the message says which limit it is."""

    def __init__(self, message: str, file: str = "", *, hint: str = "") -> None:
        super().__init__(message)
        self.file = file
        """The file that is one too many, where that can be told."""
        self.hint = hint or "Azure has this limit too; look for a loop or a template that repeats itself"


class Budget:
    """Counts down what is left of the limits."""

    def __init__(self, size: int = SIZE) -> None:
        self._limit = self._left = size
        self._depth = 0
        self._files: set[str] = set()
        self._costs: dict[int, tuple[Node, int, bool]] = {}

    def spend(self, cost: int) -> None:
        """Account for what is about to be made. Raises TooLargeError."""
        self._left -= cost
        if self._left < 0:
            message = f"the pipeline grows beyond {self._limit} characters when its expressions are expanded"
            raise TooLargeError(message)

    def spend_node(self, node: Node) -> None:
        """Account for a whole node that is put in."""
        self.spend(self._measured(node)[1])

    def is_static(self, node: Node) -> bool:
        """Whether there is no expression anywhere in a node; it is measured once, however often it is put in."""
        return self._measured(node)[2]

    def include(self, file: str) -> None:
        """Account for a template file. Raises TooLargeError."""
        self._files.add(file)
        if len(self._files) > FILES:
            raise TooLargeError(f"more than {FILES} template files are included")

    @contextmanager
    def nested(self, file: str) -> Iterator[None]:
        """The inside of a template. Raises TooLargeError when it is too deep."""
        self._depth += 1
        if self._depth > NESTING:
            hint = f"templates include templates more than {NESTING} deep; look for one that includes itself"
            raise TooLargeError("Maximum object depth exceeded", file, hint=hint)
        try:
            yield
        finally:
            self._depth -= 1

    def _measured(self, node: Node) -> tuple[Node, int, bool]:
        # The node itself is kept, so that its id is not given to another one.
        found = self._costs.get(id(node))
        if found is None:
            found = self._costs[id(node)] = (node, *self._measure(node))
        return found

    def _measure(self, node: Node) -> tuple[int, bool]:
        if isinstance(node, Scalar):
            return NODE_COST + len(node.value), "${{" not in node.value or node.given
        below = node.items if not isinstance(node, Mapping) else [part for entry in node.entries for part in entry]
        measures = [self._measured(child) for child in below]
        return NODE_COST + sum(cost for _, cost, _ in measures), all(static for _, _, static in measures)
