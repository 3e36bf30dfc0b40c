"""Assertions that a client signs with the key of its certificate.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.clock import Clock

ALGORITHMS = ("RS256", "PS256")
LONGEST_SECONDS = 3600
_SKEW = 60


def signed_by(pem: str, assertion: str, client_id: str, endpoints: Iterable[str], clock: Clock) -> bool:
    """Whether the key of the certificate in `pem` has signed this assertion: for this client, for one of these
    endpoints, and for now.
    """
    import jwt  # noqa: PLC0415 - only a server checks signatures
    from cryptography import x509  # noqa: PLC0415 - likewise
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415 - likewise

    if not pem:
        return False
    try:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        claims = jwt.decode(
            assertion,
            key,
            list(ALGORITHMS),
            audience=list(endpoints),
            issuer=client_id,
            options={
                "require": ["exp", "aud", "iss", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        now, until, since = clock.now().timestamp(), float(claims["exp"]), float(claims.get("nbf", 0))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return False
    if not since - _SKEW <= now < until <= now + LONGEST_SECONDS + _SKEW:
        return False
    return bool(claims["sub"] == client_id)
