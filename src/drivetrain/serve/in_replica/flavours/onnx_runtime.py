"""ONNX models, by ONNX Runtime on one core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from ..wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..columns import Table

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
_QUIET = 3


def load(described: dict[str, Any]) -> OnnxModel:
    """The model of that file."""
    return _opened(described["model"], described.get("onnx") or {})


def of_bytes(model: bytes, answers: dict[str, Any]) -> OnnxModel:
    """A model that is no file yet."""
    return _opened(model, answers)


def _opened(model: str | bytes, answers: dict[str, Any]) -> OnnxModel:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return OnnxModel(session, answers)


class OnnxModel:
    """A session, and which of its outputs is the prediction of the model that it was made of, if it was."""

    def __init__(self, session: Any, answers: dict[str, Any]) -> None:
        self._run = session.run
        self._inputs = [(each.name, _DTYPES.get(each.type, "float32")) for each in session.get_inputs()]
        self._outputs = [each.name for each in session.get_outputs()]
        self._complete = answers.get("nulls") is False
        self._take = _taker(answers) if answers else None
        self._wanted = [answers["output"]] if answers else self._outputs

    def predict(self, table: Table, params: dict[str, Any] | None) -> Any:
        """The prediction; for a model that was ONNX from the start a record of its outputs for each row."""
        feed = self._feed(table)
        if self._complete:
            _refuse_missing(feed, table)
        found = self._run(self._wanted, feed)
        if self._take is not None:
            return self._take(found[0])
        flat = [np.asarray(each).reshape(-1).tolist() for each in found]
        if len({len(each) for each in flat}) > 1:
            raise ValueError("the outputs of the model have different lengths: they are no columns")
        return [dict(zip(self._wanted, row)) for row in zip(*flat)]

    def predict_tensors(self, values: dict[str, Any], params: dict[str, Any] | None) -> Any:
        """Each output by its name."""
        if len(self._inputs) == 1 and len(values) == 1:
            values = {self._inputs[0][0]: next(iter(values.values()))}
        unknown = [name for name, _ in self._inputs if name not in values]
        if unknown:
            raise Wrong("missing input: {}".format(", ".join(unknown)))
        feed = {name: values[name].astype(dtype, copy=False) for name, dtype in self._inputs}
        found = self._run(self._wanted, feed)
        return self._take(found[0]) if self._take is not None else dict(zip(self._wanted, found))

    def _feed(self, table: Table) -> dict[str, Any]:
        inputs = self._inputs
        if len(inputs) == 1:
            name, dtype = inputs[0]
            matrix = table.matrix if table.matrix is not None else np.column_stack(table.listed())
            return {name: matrix.astype(dtype, copy=False)}
        columns = table.listed()
        if len(columns) != len(inputs):
            raise Wrong(f"the model has {len(inputs)} inputs, and got {len(columns)} columns")
        if table.names is not None and set(table.names) == {name for name, _ in inputs}:
            by_name = dict(zip(table.names, columns))
            columns = [by_name[name] for name, _ in inputs]
        column = (-1, 1) if self._take is not None else (-1,)
        return {
            name: values.astype(dtype, copy=False).reshape(column) for (name, dtype), values in zip(inputs, columns)
        }


def _refuse_missing(feed: dict[str, Any], table: Table) -> None:
    """The model itself refuses what is no finite number; ONNX Runtime would answer with anything."""
    if all(each.dtype.kind != "f" or np.isfinite(each).all() for each in feed.values()):
        return
    for at, values in enumerate(table.listed()):
        if values.dtype.kind == "f" and not np.isfinite(values.astype("float32")).all():
            name = table.names[at] if table.names is not None else str(at)
            raise Wrong(f"column '{name}' lacks a value, or has one that is too large, and the model takes none")


def _taker(answers: dict[str, Any]) -> Callable[[Any], list[Any]]:
    """Of the output the numbers that the model itself would give."""
    column: int | None = answers.get("column")
    if column is not None:
        return lambda found: found[:, column].tolist()
    if answers.get("flat"):
        return lambda found: found.reshape(-1).tolist()
    return lambda found: found.tolist()
