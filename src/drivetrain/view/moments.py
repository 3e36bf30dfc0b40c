"""Moments as MLflow counts them -> moments as we write them."""

from __future__ import annotations

from datetime import UTC, datetime

from drivetrain.clock import timestamp


def from_milliseconds(moment: int) -> str:
    """Milliseconds since 1970 -> ISO 8601."""
    return timestamp(datetime.fromtimestamp(moment / 1000, UTC))
