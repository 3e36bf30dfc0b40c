"""Signs and checks the tokens of the Azure edge: JWTs like those of Microsoft Entra, signed with a key of this home.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from jwt.types import Options

    from drivetrain.clock import Clock

TOKEN_SECONDS = 3600
ALGORITHM = "RS256"
_SAME = {
    "https://management.core.windows.net": Audience.MANAGEMENT,
    "https://management.azure.com": Audience.MANAGEMENT,
    "https://aml.azureml.net": Audience.MACHINE_LEARNING,
}
_OURS = "drivetrain"
SKEW_SECONDS = 60
"""How far the clock of whoever asks may be behind."""
_TIMES_ARE_OURS: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""They are checked against the clock of this home, which tests own."""


def audience_of(resource: str) -> str:
    """The audience that a scope (`https://ml.azure.com/.default`) or a resource (`https://ml.azure.com/`) means."""
    plain = resource.strip().removesuffix("/.default").rstrip("/")
    return str(_SAME.get(plain, plain))


class Purpose(StrEnum):
    """What a token is for: one kind is never taken for another."""

    ACCESS = "access"
    REFRESH = "refresh"
    FEDERATED = "federated"
    """It says that a job may sign in by a service connection."""


class Refusal(StrEnum):
    """Why a token grants nothing."""

    INVALID = "invalid"
    """It is not signed by this home, or is no token."""
    EXPIRED = "expired"
    EARLY = "early"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    """It is for another service, or another use."""
    ENDED = "ended"
    """The job that it was issued to has ended."""


class Grant(Struct, frozen=True):
    """What a token says."""

    principal: Principal
    subject: str
    application: str
    """The client id."""


def key_id(key: RSAPrivateKey) -> str:
    """The `kid` of a key: the SHA-256 of its public part."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only a server signs

    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(key.public_key().public_bytes(*form)).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def tenant_id(key: RSAPrivateKey) -> str:
    """The tenant of the home that signs with this key: a GUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"drivetrain:{key_id(key)}"))


class Authority:
    """The token service of one home."""

    def __init__(
        self, key: RSAPrivateKey, address: str, clock: Clock, *, live: Callable[[str], bool] = lambda _: True
    ) -> None:
        """`address` is the edge's own (`https://127.0.0.1:8675`); `live` says whether a job still has its token, given
        the token's SHA-256.
        """
        self.address = address.rstrip("/")
        # What azure-ai-ml takes for Machine Learning's: the rest of the portal's address behind its second dot.
        self._learning = f"https://ml.azure.{'.'.join(self.address.split('.')[2:])}"
        self._key = key
        self._clock = clock
        self._live = live
        self.key_id = key_id(key)
        self.tenant = tenant_id(key)
        """A GUID that stays as long as the key."""

    @property
    def issuer(self) -> str:
        """The `iss` of every token."""
        return f"{self.address}/{self.tenant}/v2.0"

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

    def issue(
        self,
        principal: Principal,
        audience: str,
        seconds: int = TOKEN_SECONDS,
        *,
        application: str = "",
        purpose: Purpose = Purpose.ACCESS,
        subject: str = "",
    ) -> str:
        """A token for somebody, for one audience. `application` is the client id where there is one, `subject` what a
        federated token says of whom it is for.
        """
        import jwt  # noqa: PLC0415 - only a server signs

        now = int(self._clock.now().timestamp())
        who = object_id(principal)
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "appid": application or who,
            "oid": who,
            "sub": subject or who,
            "tid": self.tenant,
            "idtyp": "app",
            "ver": "1.0",
            "app_displayname": principal.name,
            "jti": str(uuid.uuid4()),
            _OURS: {
                "use": str(purpose),
                "kind": str(principal.kind),
                "project": principal.project,
                "run": principal.run_id,
                "job": principal.job,
                "token": principal.token,
            },
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.key_id})

    def check(self, token: str, audiences: Collection[str]) -> Principal | None:
        """Who an access token was issued to, if it is good for one of these audiences now; else None."""
        more = [self._learning] if Audience.MACHINE_LEARNING in audiences else []
        found = self.read(token, [*audiences, *more], Purpose.ACCESS)
        return found.principal if isinstance(found, Grant) else None

    def read(self, token: str, audiences: Collection[str], purpose: Purpose) -> Grant | Refusal:
        """What a token of ours grants, or why it grants nothing. The key and the algorithm are ours, whatever the
        token's header says.
        """
        import jwt  # noqa: PLC0415 - only a server signs

        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                [ALGORITHM],
                audience=list(audiences),
                issuer=self.issuer,
                options={**_TIMES_ARE_OURS, "require": ["exp", "nbf", "iat", "aud", "iss", "sub", _OURS]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            return _why(error)
        return self._grant(claims, purpose)

    def _grant(self, claims: dict[str, Any], purpose: Purpose) -> Grant | Refusal:
        now, ours = self._clock.now().timestamp(), claims[_OURS]
        if ours.get("use") != purpose:
            return Refusal.AUDIENCE
        if now >= int(claims["exp"]):
            return Refusal.EXPIRED
        if now < int(claims["nbf"]) - SKEW_SECONDS:
            return Refusal.EARLY
        principal = Principal(
            PrincipalKind(ours["kind"]),
            claims["app_displayname"],
            ours["project"],
            ours["run"],
            ours["job"],
            ours["token"],
        )
        if principal.token and not self._live(principal.token):
            return Refusal.ENDED
        return Grant(principal, claims["sub"], claims["appid"])


def _why(error: Exception) -> Refusal:
    import jwt  # noqa: PLC0415 - only a server signs

    if isinstance(error, jwt.InvalidAudienceError):
        return Refusal.AUDIENCE
    return Refusal.ISSUER if isinstance(error, jwt.InvalidIssuerError) else Refusal.INVALID


def object_id(principal: Principal) -> str:
    """A GUID for somebody: the same for the same name, kind and project."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"drivetrain:{principal.kind}:{principal.project}:{principal.name}"))
