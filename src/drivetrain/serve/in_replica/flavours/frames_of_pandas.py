"""What models of Python are asked with: a frame of pandas, as MLflow asks them; without pandas an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..columns import Table

try:
    import pandas as pd
except ImportError:
    pd = None


def frame(table: Table) -> Any:
    """The table for a model."""
    if pd is None:
        return table.matrix if table.matrix is not None else _stacked(table)
    if table.matrix is not None:
        return pd.DataFrame(table.matrix, columns=table.names, copy=False)
    columns = table.listed()
    made = pd.DataFrame(dict(enumerate(columns)), copy=False)
    if table.names is not None:
        made.columns = list(table.names)
    return made


def _stacked(table: Table) -> Any:
    import numpy as np

    return np.column_stack(table.listed())
