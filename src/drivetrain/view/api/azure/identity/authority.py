"""Signs and checks the tokens of the Azure edge: JWTs like those of Microsoft Entra, signed with a key of this home.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from drivetrain.clock import Clock

TOKEN_SECONDS = 3600
ALGORITHM = "RS256"
_SAME = {
    "https://management.core.windows.net": Audience.MANAGEMENT,
    "https://management.azure.com": Audience.MANAGEMENT,
    "https://aml.azureml.net": Audience.MACHINE_LEARNING,
}
_OURS = "drivetrain"
_TIMES_ARE_OURS = {"verify_exp": False, "verify_nbf": False}
"""They are checked against the clock of this home, which tests own."""


def audience_of(resource: str) -> str:
    """The audience that a scope (`https://ml.azure.com/.default`) or a resource (`https://ml.azure.com/`) means."""
    plain = resource.strip().removesuffix("/.default").rstrip("/")
    return str(_SAME.get(plain, plain))


class Authority:
    """The token service of one home."""

    def __init__(
        self, key: RSAPrivateKey, address: str, clock: Clock, *, live: Callable[[str], bool] = lambda _: True
    ) -> None:
        """`address` is the edge's own (`https://127.0.0.1:8675`); `live` says whether a job still has its token, given
        the token's SHA-256.
        """
        self.address = address.rstrip("/")
        self._key = key
        self._clock = clock
        self._live = live
        self.tenant = str(uuid.uuid5(uuid.NAMESPACE_URL, f"drivetrain:{self.key_id}"))
        """The home's tenant: a GUID that stays as long as its key."""

    @property
    def issuer(self) -> str:
        """The `iss` of every token."""
        return f"{self.address}/{self.tenant}/v2.0"

    @property
    def key_id(self) -> str:
        """The `kid` of its key: the SHA-256 of the public key."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only a server signs

        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.sha256(self._key.public_key().public_bytes(*form)).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def keys(self) -> dict[str, Any]:
        """The JSON Web Key Set by which anybody can check a token."""
        import jwt  # noqa: PLC0415 - only a server signs

        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}]}

    def audience_of(self, resource: str) -> str:
        """The audience that a scope or a resource means. The edge's own address is what clients of a cloud that is not
        Azure's ask for, as its resource manager's.
        """
        found = audience_of(resource)
        return str(Audience.MANAGEMENT) if found == self.address else found

    def issue(self, principal: Principal, audience: str, seconds: int = TOKEN_SECONDS) -> str:
        """A token for somebody, for one audience."""
        import jwt  # noqa: PLC0415 - only a server signs

        now = int(self._clock.now().timestamp())
        who = object_id(principal)
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "appid": who,
            "oid": who,
            "sub": who,
            "tid": self.tenant,
            "idtyp": "app",
            "ver": "1.0",
            "app_displayname": principal.name,
            "jti": str(uuid.uuid4()),
            _OURS: {
                "kind": str(principal.kind),
                "project": principal.project,
                "run": principal.run_id,
                "job": principal.job,
                "token": principal.token,
            },
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.key_id})

    def check(self, token: str, audiences: Collection[str]) -> Principal | None:
        """Who a token was issued to, if it is good for one of these audiences now; else None."""
        import jwt  # noqa: PLC0415 - only a server signs

        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                [ALGORITHM],
                audience=list(audiences),
                issuer=self.issuer,
                options={
                    "require": ["exp", "nbf", "iat", "aud", "iss", _OURS],
                    "verify_exp": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError:
            return None
        now = self._clock.now().timestamp()
        if not int(claims["nbf"]) - 60 <= now < int(claims["exp"]):
            return None
        principal = _principal(claims)
        return principal if not principal.token or self._live(principal.token) else None


def _principal(claims: dict[str, Any]) -> Principal:
    ours = claims[_OURS]
    return Principal(
        PrincipalKind(ours["kind"]),
        claims["app_displayname"],
        ours["project"],
        ours["run"],
        ours["job"],
        ours["token"],
    )


def object_id(principal: Principal) -> str:
    """A GUID for somebody: the same for the same name, kind and project."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"drivetrain:{principal.kind}:{principal.project}:{principal.name}"))
