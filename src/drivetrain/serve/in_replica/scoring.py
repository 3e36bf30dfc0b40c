"""Requests -> answers. Those that came together and ask for the same columns are predicted together, where the model's
rows do not depend on each other.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

from .answers import body, plain, shares
from .asked import Asked, read
from .codec import dumps
from .columns import Columns, columns_of
from .tensors import read_tensors, tensors_of
from .wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    Answer = tuple[int, bytes]


_MOST_ROWS = 4096
"""Joined requests have about so many rows at most: a larger one goes alone."""


class Scoring:
    """A loaded model, and what its signature demands."""

    def __init__(self, described: dict[str, Any], flavour: Any) -> None:
        inputs: list[dict[str, Any]] = described.get("inputs") or []
        tensors = bool(inputs) and "tensor-spec" in inputs[0]
        self._tensors = tensors_of(inputs) if tensors else None
        named = bool(inputs) and "name" in inputs[0]
        self._columns = Columns([] if tensors else columns_of(inputs), named=named)
        self._flavour = flavour
        self._joins = bool(described.get("joins")) and not tensors

    def answers(self, bodies: Sequence[bytes]) -> list[Answer]:
        """One for each, in their order. Raises nothing."""
        if len(bodies) == 1 or not self._joins:
            return [self._alone(each) for each in bodies]
        found: list[Answer | None] = [None] * len(bodies)
        groups: dict[Any, list[tuple[int, Asked]]] = {}
        for at, each in enumerate(bodies):
            try:
                asked = read(each)
                if asked.tensors is None and not asked.params and len(asked.rows) <= _MOST_ROWS:
                    groups.setdefault(asked.names, []).append((at, asked))
                else:
                    found[at] = self._one(asked)
            except Wrong as wrong:
                found[at] = _refusal(wrong)
        for names, group in groups.items():
            for at, answer in self._group(names, group):
                found[at] = answer
        return [each for each in found if each is not None]

    def _group(self, names: tuple[str, ...] | None, group: list[tuple[int, Asked]]) -> list[tuple[int, Answer]]:
        """Predict them together; when that fails, each alone, so that the wrong one gets its own answer."""
        made: list[tuple[int, Answer]] = []
        while group:
            count = 0
            rows: list[Any] = []
            while count < len(group) and len(rows) <= _MOST_ROWS:
                rows += group[count][1].rows
                count += 1
            part, group = group[:count], group[count:]
            made += (count > 1 and self._together(names, rows, part)) or [(at, self._one(each)) for at, each in part]
        return made

    def _together(
        self, names: tuple[str, ...] | None, rows: list[Any], part: list[tuple[int, Asked]]
    ) -> list[tuple[int, Answer]] | None:
        try:
            predictions = self._flavour.predict(self._columns.table(names, rows), None)
            shared = shares(predictions, [len(asked.rows) for _, asked in part])
            if shared is None:
                return None
            return [(at, (200, body(each, asked.bare))) for (at, asked), each in zip(part, shared)]
        except (Exception, SystemExit):  # noqa: BLE001 - each is then asked alone, and told its own reason
            return None

    def _alone(self, payload: bytes) -> Answer:
        try:
            asked = read(payload)
        except Wrong as wrong:
            return _refusal(wrong)
        return self._one(asked)

    def _one(self, asked: Asked) -> Answer:
        try:
            return 200, body(plain(self._predict(asked)), asked.bare)
        except Wrong as wrong:
            return _refusal(wrong)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's model may raise anything
            return _failure(error)

    def _predict(self, asked: Asked) -> Any:
        if self._tensors is not None:
            return self._flavour.predict_tensors(read_tensors(asked, self._tensors), asked.params)
        names, rows = (asked.names, asked.rows) if asked.tensors is None else _rows_of(asked.tensors)
        if not rows:
            raise Wrong("there are no rows")
        return self._flavour.predict(self._columns.table(names, rows), asked.params)


def _rows_of(columns: dict[str, Any]) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Rows of an object of columns; of one row, when its values are no lists."""
    values = [each if type(each) is list else [each] for each in columns.values()]
    if len({len(each) for each in values}) > 1:
        raise Wrong("the columns have different lengths")
    return tuple(columns), [list(row) for row in zip(*values)]


def _refusal(wrong: Wrong) -> Answer:
    return wrong.status, dumps({"error_code": "BAD_REQUEST", "message": wrong.message})


def _failure(error: BaseException) -> Answer:
    """The model's own error: the caller is told its message, the log all of it."""
    traceback.print_exc(file=sys.stderr)
    told = (f"{type(error).__name__}: {error}")[:2000]
    return 500, dumps({"error_code": "INTERNAL_ERROR", "message": f"the model failed: {told}"})
