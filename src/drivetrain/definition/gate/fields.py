"""Numbers, shares, sizes, slices and words of a gate file. What cannot be read is reported, and a default is given."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from drivetrain.definition.gate.model import Absent
from drivetrain.definition.shape import choice, filled, shown

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node, Scalar

UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(r"(?P<number>\d{1,15}(\.\d{1,15})?) ?(?P<unit>[a-z]{0,3})", re.ASCII | re.IGNORECASE)


def optional_number(
    node: Node | None,
    title: str,
    problems: Problems,
    *,
    unit: str = "",
    least: float = -math.inf,
    most: float = math.inf,
) -> float | None:
    """A number, with or without its unit; None when it is not there."""
    found = filled(node, title, problems)
    if found is None:
        return None
    text = found.value.strip()
    if unit and text.lower().endswith(unit):
        text = text[: -len(unit)].rstrip()
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        _wrong(found, title, f"a number{f' of {unit}' if unit else ''}", problems)
        return None
    if not least <= value <= most:
        bounds = f"at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        _wrong(found, title, f"a number {bounds}", problems)
        return None
    return value


def number(
    node: Node | None,
    title: str,
    problems: Problems,
    *,
    default: float = 0.0,
    least: float = -math.inf,
    most: float = math.inf,
) -> float:
    """A number, or the default."""
    found = optional_number(node, title, problems, least=least, most=most)
    return default if found is None else found


def share(node: Node | None, title: str, problems: Problems) -> float:
    """A share of something: `2%` or `0.02`; 0 when it is not there."""
    found = filled(node, title, problems)
    if found is None:
        return 0.0
    text = found.value.strip()
    percent = text.endswith("%")
    text = text.removesuffix("%").rstrip()
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        _wrong(found, title, "a share, such as 2% or 0.02", problems)
        return 0.0
    return float(text) / 100 if percent else float(text)


def size(node: Node | None, title: str, problems: Problems) -> int | None:
    """Bytes: `20 MB`, `512 KiB`, `1000`; None when it is not there."""
    found = filled(node, title, problems)
    if found is None:
        return None
    match = _SIZE.fullmatch(found.value.strip())
    unit = UNITS.get(match["unit"].lower()) if match else None
    if match is None or unit is None:
        _wrong(found, title, "a size, such as 20 MB or 512 KiB", problems)
        return None
    return int(float(match["number"]) * unit)


def slice_of(node: Node | None, problems: Problems) -> tuple[str, str | None]:
    """COLUMN=VALUE, or COLUMN for each of its values; an empty column when there is none."""
    found = filled(node, "slice", problems)
    if found is None:
        return "", None
    column, equals, value = found.value.partition("=")
    if not column.strip():
        _wrong(found, "slice", "COLUMN=VALUE, or COLUMN for each of its values", problems)
    return column.strip(), value.strip() if equals else None


def absent(node: Node | None, title: str, default: Absent, problems: Problems) -> Absent:
    """`pass` or `fail`."""
    word = choice(node, title, Absent, problems)
    return Absent(word) if word else default


def _wrong(found: Scalar, title: str, needed: str, problems: Problems) -> None:
    problems.error(found, f"{title} must be {needed}, not '{shown(found.value)}'", code="wrong-value")
