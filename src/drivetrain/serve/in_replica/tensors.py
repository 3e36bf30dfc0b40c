"""Values -> tensors, as a signature or an ONNX model wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .asked import Asked


class Tensor(NamedTuple):
    """One input; sizes that are -1 may be any."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def tensors_of(inputs: Sequence[dict[str, Any]]) -> list[Tensor]:
    """Those of a signature, as MLflow writes it; without a name it is ''."""
    return [
        Tensor(str(each.get("name", "")), each["tensor-spec"]["dtype"], tuple(each["tensor-spec"]["shape"]))
        for each in inputs
    ]


def read_tensors(asked: Asked, wanted: Sequence[Tensor]) -> dict[str, Any]:
    """Each input by its name. Raises Wrong, which names the input."""
    given = asked.tensors
    if given is None:
        given = _of_rows(asked, wanted)
    missing = [each.name for each in wanted if each.name not in given]
    if missing:
        raise Wrong("missing input: {}".format(", ".join(missing)[:1000]))
    return {each.name: _tensor(each, given[each.name]) for each in wanted}


def _of_rows(asked: Asked, wanted: Sequence[Tensor]) -> dict[str, Any]:
    if len(wanted) == 1 and (asked.names is None or wanted[0].name not in asked.names):
        return {wanted[0].name: asked.rows}
    if asked.names is None:
        raise Wrong(
            "the model has several inputs: give an object of their names: {}".format(", ".join(w.name for w in wanted))
        )
    return {name: [row[at] for row in asked.rows] for at, name in enumerate(asked.names)}


def _tensor(wanted: Tensor, value: Any) -> Any:
    told = f"input '{wanted.name}'" if wanted.name else "the input"
    try:
        made = np.array(value, object if wanted.dtype in ("str", "object", "string") else wanted.dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise Wrong(f"{told} wants {wanted.dtype}: {str(error)[:200]}") from None
    shape = wanted.shape
    if len(shape) != made.ndim or any(size not in (-1, found) for size, found in zip(shape, made.shape)):
        raise Wrong(f"{told} wants the shape {list(shape)}, not {list(made.shape)}")
    return made
