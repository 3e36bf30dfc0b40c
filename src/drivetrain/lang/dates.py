"""Dates as text by .NET's custom format strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def format_date(moment: datetime, pattern: str) -> str:
    """The text of a moment by a .NET custom date format, such as `yyyyMMdd`, invariant culture."""
    raise NotImplementedError((moment, pattern))
