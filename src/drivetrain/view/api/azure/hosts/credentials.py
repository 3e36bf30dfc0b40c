"""Who may use the proxy: a job for as long as it runs, and the owner. Pure.

What a job shows is not its token: a proxy's address is printed by many programs. It says by the token's SHA-256 whose
it is, signed with a key of the home, and opens nothing but the proxy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

_SHOWN = re.compile(r"([0-9a-f]{64}):([0-9a-f]{64})")


def credential(key: bytes, token: str) -> str:
    """`USER:PASSWORD` for whoever has this token."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{digest}:{_signature(key, digest)}"


def whose(key: bytes, header: str) -> str:
    """The SHA-256 of the token that a `Proxy-Authorization` was made for; empty when it was made by somebody else."""
    scheme, _, given = header.strip().partition(" ")
    try:
        shown = base64.b64decode(given.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    found = _SHOWN.fullmatch(shown)
    if scheme.lower() != "basic" or found is None:
        return ""
    return found[1] if hmac.compare_digest(found[2], _signature(key, found[1])) else ""


def _signature(key: bytes, digest: str) -> str:
    return hmac.digest(key, f"proxy {digest}".encode(), hashlib.sha256).hex()
