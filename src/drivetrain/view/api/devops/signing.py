"""Addresses that open one thing for an hour without a token, as Azure's `signedContent` does."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.clock import Clock

SECONDS = 3600
EXPIRES, SIGNATURE = "expires", "signature"


class Signer:
    """Signs paths with a key that only the server has."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = hmac.digest(key, b"drivetrain signed content", "sha256")
        self._clock = clock

    def signed(self, path: str, query: Mapping[str, str]) -> tuple[str, int]:
        """The path with its query and a signature, and when it expires, in seconds since 1970."""
        until = int(self._clock.now().timestamp()) + SECONDS
        given = {**query, EXPIRES: str(until)}
        return f"{path}?{urlencode({**given, SIGNATURE: self._of(path, given)})}", until

    def opens(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether a request's path and query are what was signed, and not expired."""
        given = {name: value for name, value in query.items() if name != SIGNATURE}
        right = self._of(path, given).encode()
        until = given.get(EXPIRES, "")
        if not hmac.compare_digest(right, query.get(SIGNATURE, "").encode("utf-8", "replace")):
            return False
        return until.isdecimal() and int(until) > self._clock.now().timestamp()

    def _of(self, path: str, query: Mapping[str, str]) -> str:
        text = f"{path}?{urlencode(sorted(query.items()))}"
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256").hex()
