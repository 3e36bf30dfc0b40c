"""Who takes in what is posted to webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum


class Taken(StrEnum):
    """What became of a post."""

    KEPT = "kept"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too large"


Take = Callable[[str, Mapping[str, str], bytes], Taken]
"""(name, headers by their names in lower case, body). Raises UnavailableError when it cannot be kept."""
