"""Numbers as reports write them."""

from __future__ import annotations

MOST = 10**9


def whole(text: str) -> int:
    """A whole number from 0 to 10^9; 0 for what is none. Reports write `12`, and some `12.0`."""
    digits = text.strip().partition(".")[0]
    return min(int(digits), MOST) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else 0  # noqa: PLR2004
