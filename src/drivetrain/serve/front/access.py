"""Who may ask an endpoint: keys by their digests, tokens by whoever issued them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from hmac import compare_digest
from typing import TYPE_CHECKING

from drivetrain.serve.model import AuthMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.front.ports import Tokens
    from drivetrain.serve.model import Endpoint

BEARER = b"bearer "
MOST_KNOWN = 10_000
REFUSED_SECONDS = 5.0
"""How long a token that was refused is not asked about again."""
MOST_AT_ONCE = 8
"""Tokens that are looked at together."""
MOST_BYTES = 16 << 10


class Access:
    """Says whether an `Authorization` header opens the endpoint. Nothing secret is kept: digests only."""

    def __init__(self, endpoint: Endpoint, key_digests: Sequence[str], tokens: Tokens) -> None:
        self._endpoint = endpoint
        self._keys = tuple(bytes.fromhex(digest) for digest in key_digests)
        self._tokens = tokens
        self._until: OrderedDict[bytes, tuple[bool, float]] = OrderedDict()
        self._looking = asyncio.Semaphore(MOST_AT_ONCE)

    def known(self, header: bytes) -> bool | None:
        """Whether it may ask; None when that is to be found out by `look`."""
        if header[:7].lower() != BEARER or len(header) > MOST_BYTES:
            return False
        digest = hashlib.sha256(header[7:].strip()).digest()
        if self._endpoint.auth is AuthMode.KEY:
            # Each key is compared, so that time does not tell which one was nearly right.
            return sum(compare_digest(digest, key) for key in self._keys) > 0
        return self._kept(digest)

    def _kept(self, digest: bytes) -> bool | None:
        allowed, until = self._until.get(digest, (False, 0.0))
        return allowed if until > time.time() else None

    async def look(self, header: bytes) -> bool:
        """Ask whoever knows tokens. One that it cannot make sense of is refused."""
        digest = hashlib.sha256(header[7:].strip()).digest()
        async with self._looking:
            kept = self._kept(digest)
            if kept is None:
                kept = await self._asked(header[7:].strip(), digest)
        return kept

    async def _asked(self, token: bytes, digest: bytes) -> bool:
        until = await asyncio.to_thread(self._tokens.allows, token.decode("latin-1"), self._endpoint)
        allowed = until > time.time()
        self._until[digest] = (allowed, until if allowed else time.time() + REFUSED_SECONDS)
        while len(self._until) > MOST_KNOWN:
            self._until.popitem(last=False)
        return allowed


class NoTokens:
    """Where nobody issues any: none is allowed. A Tokens port."""

    def allows(self, token: str, endpoint: Endpoint) -> float:
        """Never."""
        del token, endpoint
        return 0.0
