"""Rows -> typed columns, as the model's signature has them and as MLflow enforces it.

https://mlflow.org/docs/latest/ml/model/signatures/#signature-enforcement
"""

from __future__ import annotations

import base64
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NUMBERS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}
_KNOWN_ORDERS = 64
"""So many different lists of columns are remembered."""


class Column(NamedTuple):
    """A column of the signature."""

    name: str
    type: str
    required: bool


class Table(NamedTuple):
    """Rows that were checked: as `matrix`, when all columns have the same type of numbers, else as `columns`."""

    names: tuple[str, ...] | None
    size: int
    matrix: Any | None
    columns: list[Any] | None

    def listed(self) -> list[Any]:
        """Its columns, each as an array."""
        if self.columns is not None:
            return self.columns
        return list(np.transpose(self.matrix)) if self.matrix is not None else []


def columns_of(inputs: Sequence[dict[str, Any]]) -> list[Column]:
    """Those of a signature, as MLflow writes it."""
    return [
        Column(
            str(each.get("name", at)),
            str(each.get("type", "any")),
            bool(each.get("required", not each.get("optional", False))),
        )
        for at, each in enumerate(inputs)
    ]


class Columns:
    """Checks rows against the columns of a signature; with none, rows are taken as they come."""

    def __init__(self, columns: Sequence[Column], *, named: bool = True) -> None:
        self._columns = list(columns)
        self._named = named
        self._names = tuple(each.name for each in columns)
        kinds = {_NUMBERS.get(each.type) for each in columns if each.required}
        alike = len(kinds) == 1 and all(each.required for each in columns)
        self._alike: str | None = kinds.pop() if alike else None
        self._orders: dict[tuple[str, ...] | None, Callable[[Any], Any] | None] = {self._names: None, None: None}

    def table(self, names: tuple[str, ...] | None, rows: list[Any]) -> Table:
        """The rows in the signature's columns, order and types. Raises Wrong, which names the column."""
        if not self._columns:
            return self._untyped(names, rows)
        if self._alike is not None and self._alike != "bool":
            matrix = self._matrix(names, rows)
            if matrix is not None:
                return Table(self._names if self._named else None, len(rows), matrix, None)
        return self._typed(names, rows)

    def _matrix(self, names: tuple[str, ...] | None, rows: list[Any]) -> Any:
        """The quick way; None when something is wrong, which the slow way then tells."""
        try:
            order = self._orders[names] if names in self._orders else self._order(names)
            matrix = np.array(rows if order is None else [order(row) for row in rows], self._alike)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return matrix if matrix.shape == (len(rows), len(self._names)) else None

    def _order(self, names: tuple[str, ...] | None) -> Callable[[Any], Any] | None:
        """What takes the signature's values out of a row."""
        if names is None or len(set(names)) != len(names):
            raise ValueError
        at = [names.index(name) for name in self._names]
        order = itemgetter(*at) if len(at) > 1 else _only(at[0])
        if len(self._orders) > _KNOWN_ORDERS:
            self._orders = {self._names: None, None: None}
        self._orders[names] = order
        return order

    def _typed(self, names: tuple[str, ...] | None, rows: list[Any]) -> Table:
        places = self._places(names)
        width = len(names) if names is not None else len(self._names)
        _same_width(rows, width)
        found, kept = [], []
        for column, at in zip(self._columns, places):
            if at is not None:
                found.append(_cast(column, [row[at] for row in rows]))
                kept.append(column.name)
        return Table(tuple(kept) if self._named else None, len(rows), None, found)

    def _places(self, names: tuple[str, ...] | None) -> list[int | None]:
        if names is None or not self._named:
            return list(range(len(self._names)))
        if len(set(names)) != len(names):
            raise Wrong(f"column '{next(each for each in names if names.count(each) > 1)[:200]}' is there twice")
        where = {name: at for at, name in enumerate(names)}
        missing = [each.name for each in self._columns if each.required and each.name not in where]
        if missing:
            extra = [name for name in names if name not in self._names]
            told = "; columns that the model does not know: {}".format(", ".join(extra)[:500]) if extra else ""
            raise Wrong("missing column: {}{}".format(", ".join(missing)[:1000], told))
        return [where.get(name) for name in self._names]

    @staticmethod
    def _untyped(names: tuple[str, ...] | None, rows: list[Any]) -> Table:
        if names is None and (not rows or type(rows[0]) is not list):
            return Table(None, len(rows), _array(rows), None)
        _same_width(rows, len(names if names is not None else rows[0]))
        return Table(names, len(rows), None, [_array([row[at] for row in rows]) for at in range(len(rows[0]))])


def _only(at: int) -> Callable[[Any], Any]:
    return lambda row: (row[at],)


def _same_width(rows: list[Any], width: int) -> None:
    for at, row in enumerate(rows):
        if type(row) is not list or len(row) != width:
            found = f"{len(row)} values" if type(row) is list else type(row).__name__
            raise Wrong(f"row {at} is not a list of {width} values, but {found}")
    if not rows:
        raise Wrong("there are no rows")


def _array(values: list[Any]) -> Any:
    """What pandas would make of it: numbers where all are, else objects."""
    try:
        made = np.array(values)
    except ValueError:
        made = None
    if made is not None and made.dtype.kind in "bif":
        return made
    if made is not None and made.dtype == object and made.ndim == 1:
        try:
            return np.array(values, "float64") if not any(type(each) in (str, bool) for each in values) else made
        except (ValueError, TypeError):
            return made
    return _objects(values)


def _objects(values: list[Any]) -> Any:
    made = np.empty(len(values), object)
    made[:] = values
    return made


def _cast(column: Column, values: list[Any]) -> Any:
    """The column's values in its type. Raises Wrong, which shows the first that does not fit."""
    try:
        return _converted(column.type, values)
    except (ValueError, TypeError, OverflowError):
        wrong = next((each for each in values if not _fits(column.type, each)), values)
        raise Wrong(f"column '{column.name}' wants a {column.type}, not {_shown(wrong)}") from None


def _converted(kind: str, values: list[Any]) -> Any:
    if kind == "boolean":
        return _booleans(values)
    if kind in _NUMBERS:
        made = np.array(values, _NUMBERS[kind])
        if made.ndim != 1:
            raise ValueError(kind)
        return made
    if kind == "datetime":
        return np.array(values, "datetime64[ns]")
    return _objects([base64.b64decode(each) for each in values] if kind == "binary" else values)


def _booleans(values: list[Any]) -> Any:
    if any(type(each) is not bool and each not in (0, 1) for each in values):
        raise ValueError
    return np.array(values, bool)


def _fits(kind: str, value: Any) -> bool:
    try:
        _converted(kind, [value])
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _shown(value: Any) -> str:
    return "null" if value is None else repr(value)[:100]
