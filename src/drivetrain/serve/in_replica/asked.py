"""The body of a request -> rows or tensors: Azure's shape and MLflow's.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-mlflow-models-online-endpoints
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
"""

from __future__ import annotations

from typing import Any

from .codec import loads
from .wrong import Wrong

SHAPES = ("input_data", "dataframe_split", "dataframe_records", "instances", "inputs")
_SPLIT = frozenset(("columns", "index", "data"))


class Asked:
    """What a request asks."""

    __slots__ = ("bare", "count", "names", "params", "rows", "tensors")

    def __init__(self, bare: bool, params: dict[str, Any] | None) -> None:  # noqa: FBT001 - the hot path
        self.bare = bare
        """Whether the answer is the predictions alone, as Azure gives it."""
        self.params = params
        self.names: tuple[str, ...] | None = None
        """Columns; None when the rows are positional."""
        self.rows: list[Any] = []
        self.tensors: dict[str, Any] | None = None
        """Values by name, when they were given so."""


def read(body: bytes) -> Asked:
    """What it asks. Raises Wrong."""
    value = loads(body)
    if type(value) is dict:
        found = [name for name in SHAPES if name in value]
        if len(found) == 1:
            params = value.get("params")
            if params is not None and type(params) is not dict:
                raise Wrong("'params' must be an object")
            asked = Asked(found[0] == "input_data", params)
            _fill(asked, found[0], value[found[0]])
            return asked
    elif type(value) is list:
        asked = Asked(True, None)
        _listed(asked, value, "the body")
        return asked
    raise Wrong("the body must be an object with exactly one of: {}".format(", ".join(SHAPES)))


def _fill(asked: Asked, shape: str, value: Any) -> None:
    if type(value) is dict:
        if shape == "dataframe_split" or (shape == "input_data" and "data" in value and _SPLIT.issuperset(value)):
            _split(asked, value, shape)
        elif shape == "dataframe_records":
            raise Wrong("'dataframe_records' must be a list of objects")
        else:
            asked.tensors = value
    elif shape == "dataframe_split":
        raise Wrong("'dataframe_split' must be an object with 'columns' and 'data'")
    elif type(value) is list:
        _listed(asked, value, f"'{shape}'")
    else:
        _listed(asked, [value], f"'{shape}'")


def _split(asked: Asked, value: dict[str, Any], shape: str) -> None:
    rows, names, index = value.get("data"), value.get("columns"), value.get("index")
    if type(rows) is not list:
        raise Wrong(f"'{shape}' must have 'data', a list of rows")
    unknown = sorted(set(value) - _SPLIT)
    if unknown:
        raise Wrong(f"'{shape}' has '{unknown[0][:100]}', which is none of: columns, index, data")
    if index is not None and (type(index) is not list or len(index) != len(rows)):
        raise Wrong(f"'index' of '{shape}' must be a list as long as 'data'")
    if names is not None:
        asked.names = _names(names)
        if rows and type(rows[0]) is not list and len(asked.names) == 1:
            rows = [[each] for each in rows]
    asked.rows = rows


def _names(names: Any) -> tuple[str, ...]:
    if type(names) is not list:
        raise Wrong("'columns' must be a list of names")
    try:
        return tuple(names) if type(names[0]) is str else tuple(map(str, names))
    except (IndexError, TypeError):
        raise Wrong("'columns' must be a list of names") from None


def _listed(asked: Asked, rows: list[Any], where: str) -> None:
    """A list of objects is a list of records, which may lack columns; any other is positional."""
    if rows and type(rows[0]) is dict:
        names: dict[str, None] = {}
        for row in rows:
            if type(row) is not dict:
                raise Wrong(f"{where} mixes objects with other things")
            names.update(dict.fromkeys(row))
        asked.names = tuple(names)
        asked.rows = [[row.get(name) for name in names] for row in rows]
    else:
        asked.rows = rows
