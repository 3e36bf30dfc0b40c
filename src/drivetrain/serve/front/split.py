"""Which deployment answers a request: by percent, exactly, and in a fair order."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHOLE = 100


def cycle(shares: Mapping[str, int]) -> Sequence[str]:
    """An order in which each name comes as often as its share says, spread as evenly as can be; to be gone round for
    ever. Whatever the shares add up to is its length, so of any 100 requests in a row each gets exactly its percent.

    The smooth weighted round-robin of nginx:
    https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1
    """
    weights = {name: share for name, share in sorted(shares.items()) if share > 0}
    if not weights:
        return ()
    divisor = gcd(*weights.values())
    total = sum(weights.values()) // divisor
    credit = dict.fromkeys(weights, 0)
    order = []
    for _ in range(total):
        for name, weight in weights.items():
            credit[name] += weight // divisor
        chosen = max(credit, key=lambda name: credit[name])
        credit[chosen] -= total
        order.append(chosen)
    return order


class Split:
    """Deals requests out, round and round."""

    def __init__(self, shares: Mapping[str, int]) -> None:
        self.shares = dict(shares)
        self._order = cycle(shares)
        self._at = 0

    def next(self) -> str:
        """Whose turn it is; empty when nobody has a share."""
        if not self._order:
            return ""
        at = self._at
        self._at = at + 1 if at + 1 < len(self._order) else 0
        return self._order[at]


def mirrored(shares: Mapping[str, int]) -> Split:
    """Who gets a copy: of those named the percent that is said; the rest is nobody's, the empty name."""
    rest = WHOLE - sum(shares.values())
    return Split({**shares, "": rest} if any(shares.values()) and rest > 0 else shares)
