"""Spans of time as REST bodies write them (ISO 8601, `PT0.5S`), and as serving counts them. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import UserError
from drivetrain.view.api.azure.arm.bodies import text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = timedelta(days=1)


def seconds_at(body: Mapping[str, Any], key: str, default: float) -> float:
    """The seconds that a body says at a key. Raises UserError when that is no span from 0 seconds to a day."""
    text = text_at(body, key)
    if not text:
        return default
    try:
        found = msgspec.convert(text, timedelta)
    except msgspec.ValidationError:
        found = -LONGEST
    if not timedelta(0) <= found <= LONGEST:
        raise UserError(f"{key} is '{text[:40]}': it must be a span as ISO 8601 writes it, such as PT10S")
    return found.total_seconds()


def written(seconds: float) -> str:
    """These seconds as bodies write them."""
    whole = int(seconds)
    return f"PT{whole}S" if whole == seconds else f"PT{round(seconds, 3)}S"
