"""Who may ask an endpoint by a token: the front's Tokens port, on the token service of the Azure edge.

A front checks tokens by itself, with the key that the home signs with: endpoints answer while the server is down.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from drivetrain.serve.model import AuthMode
from drivetrain.view.api.azure.identity.authority import Authority, tenant_id
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.azure.online.tokens import token_audience
from drivetrain.wire.certificates import Certificates

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from drivetrain.serve.model import Endpoint
    from drivetrain.wire.storage import Storage

JOB_SECONDS = 30.0
"""How long it is believed that a job still runs to which a token was issued."""
OWN_SECONDS = 300
"""How long a token is good by which this home asks its own endpoints."""
_HERE = "https://127.0.0.1:0"
"""Issued by no edge, as none may run: the key is what counts."""
_ADDRESS = r"https://[A-Za-z0-9.\[\]:-]{1,200}"


def token_of(storage: Storage, endpoint: Endpoint) -> str:
    """A token by which this home itself asks an endpoint that takes tokens."""
    authority = Authority(Certificates(storage.home.azure).token_key(), _HERE, storage.clock)
    return authority.issue(Principal(PrincipalKind.OWNER, "drivetrain"), audience_of(endpoint), OWN_SECONDS)


def audience_of(endpoint: Endpoint) -> str:
    """What a token has to be for, to open an endpoint."""
    return Audience.MACHINE_LEARNING if endpoint.auth is AuthMode.ENTRA else token_audience(endpoint.name)


class EndpointTokens:
    """The Tokens port of one home. Any thread may call it."""

    def __init__(self, storage: Storage) -> None:
        """Nothing is read before the first call."""
        self._storage = storage
        self._lock = threading.Lock()
        self._key: RSAPrivateKey | None = None

    def allows(self, token: str, endpoint: Endpoint) -> float:
        """Until when it may ask this endpoint: seconds since 1970; 0 when it may not."""
        key = self._signing_key()
        claims = _claims(token)
        address = _address(str(claims.get("iss", "")), tenant_id(key))
        if not address or endpoint.auth is AuthMode.KEY:
            return 0.0
        authority = Authority(key, address, self._storage.clock, live=self._storage.tokens.lives)
        principal = authority.check(token, [audience_of(endpoint)])
        if principal is None or not principal.may_see(endpoint.project):
            return 0.0
        until = float(str(claims["exp"]))
        return min(until, self._storage.clock.now().timestamp() + JOB_SECONDS) if principal.token else until

    def _signing_key(self) -> RSAPrivateKey:
        with self._lock:
            if self._key is None:
                self._key = Certificates(self._storage.home.azure).token_key()
            return self._key


def _claims(token: str) -> dict[str, object]:
    """What a token says; nothing of it is believed yet."""
    import jwt  # noqa: PLC0415 - only for an endpoint that takes tokens

    try:
        found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}
    return found


def _address(issuer: str, tenant: str) -> str:
    """The address of the edge that has issued a token. It may have another port by now, and the same key."""
    found = re.fullmatch(rf"({_ADDRESS})/{re.escape(tenant)}/v2\.0", issuer)
    return found[1] if found else ""
