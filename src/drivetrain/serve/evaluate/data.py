"""The data of an evaluation: a CSV or Parquet file as features, target and slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_ROWS = 1_000_000
MOST_BYTES = 1 << 31
MOST_VALUES = 100
"""Of a column of which each value is a slice."""


class Part(NamedTuple):
    """Some rows of the data."""

    column: str
    """Empty for all rows."""
    value: str
    rows: Any
    """A boolean for each row of the data."""


class Data(NamedTuple):
    """What is predicted, and from what."""

    features: Any
    """A data frame."""
    target: Any
    """A series."""
    parts: tuple[Part, ...]


def load(path: Path, target: str, slices: Sequence[tuple[str, str | None]], columns: Sequence[str]) -> Data:
    """Read it. Raises UserError when it is not what the gate says, naming what is there."""
    frame = _read(path)
    if target not in frame.columns:
        raise UserError(f"{path.name} has no column '{target}', the target", hint=_columns(frame))
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        what = ", ".join(repr(name) for name in lacking[:10])
        raise UserError(f"{path.name} lacks columns that the model asks for: {what}", hint=_columns(frame))
    empty = int(frame[target].isna().sum())
    if empty:
        raise UserError(f"{empty} rows of {path.name} have no {target}", hint="leave them out of the file")
    features = frame[list(columns)] if columns else frame.drop(columns=[target])
    return Data(features, frame[target], tuple(_parts(frame, path, slices)))


def _read(path: Path) -> Any:
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path.name} is larger than {MOST_BYTES >> 20} MiB", hint="evaluate on a part of it")
    try:
        frame = pd.read_parquet(path) if path.suffix.lower() == ".parquet" else pd.read_csv(path, nrows=MOST_ROWS + 1)
    except (ValueError, OSError, ImportError) as error:  # pandas' and pyarrow's own are among these
        raise UserError(f"{path.name} cannot be read: {error}", hint="it has to be CSV or Parquet") from error
    if len(frame) > MOST_ROWS:
        raise UserError(f"{path.name} has more than {MOST_ROWS} rows", hint="evaluate on a part of them")
    if frame.empty:
        raise UserError(f"{path.name} has no rows", hint="metrics need some")
    frame.columns = [str(name) for name in frame.columns]
    return frame


def _parts(frame: Any, path: Path, slices: Sequence[tuple[str, str | None]]) -> Iterator[Part]:
    yield Part("", "", pd.Series(data=True, index=frame.index))
    for column in dict.fromkeys(column for column, _ in slices):
        if column not in frame.columns:
            raise UserError(f"{path.name} has no column '{column}' to slice by", hint=_columns(frame))
        wanted = {value for name, value in slices if name == column}
        words = frame[column].map(_word)
        values = sorted(set(words)) if None in wanted else [value for value in wanted if value is not None]
        if len(values) > MOST_VALUES:
            hint = f"at most {MOST_VALUES}; name one: slice: {column}=VALUE"
            raise UserError(f"column '{column}' of {path.name} has {len(values)} values", hint=hint)
        for value in values:
            rows = words == value
            if rows.any():
                yield Part(column, value, rows)


def _word(value: Any) -> str:
    """A value as a gate file writes it: `1` also where the column was read as 1.0; nothing for a missing one."""
    if pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _columns(frame: Any) -> str:
    names = list(map(str, frame.columns))
    return f"it has {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"  # noqa: PLR2004 - a line's worth
