"""The token endpoint: who shows a secret, a certificate's signature or a federated token of a service connection gets
an access token for one audience.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.errors import DrivetrainError
from drivetrain.run.library.local_azure import datum, parameter
from drivetrain.view.api.azure.identity.applications import subject_of
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS, Grant, Purpose, Refusal, audience_of
from drivetrain.view.api.azure.identity.certificate import signed_by
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.clock import Clock
    from drivetrain.run.library.model import Connection
    from drivetrain.view.api.azure.identity.applications import Applications
    from drivetrain.view.api.azure.identity.authority import Authority

REFRESH_SECONDS = 24 * 3600
ANY_TENANT = frozenset({"common", "organizations", "adfs"})
"""Names that stand for whatever tenant there is. For `adfs` the official clients ask no public host first."""
BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXPIRES = "secretexpires"


class TokenError(Exception):
    """A refusal as OAuth 2.0 words it, with Microsoft Entra's code. https://www.rfc-editor.org/rfc/rfc6749#section-5.2"""

    def __init__(self, error: str, code: int, words: str) -> None:
        super().__init__(words)
        self.error = error
        self.code = code
        self.words = f"AADSTS{code}: {words}"


class Asked(Struct, frozen=True):
    """A request for a token."""

    tenant: str
    form: Mapping[str, str]
    """The fields of its body."""
    basic: tuple[str, str] = ("", "")
    """Client id and secret, where they came in the header `Authorization`."""
    resource_only: bool = False
    """The older endpoint, which has `resource` instead of `scope`."""

    @property
    def client_id(self) -> str:
        """Which application asks."""
        return self.form.get("client_id") or self.basic[0]

    @property
    def audience(self) -> str:
        """For which service. Raises TokenError."""
        words = (
            (self.form.get("scope", "").split() or [""]) if not self.resource_only else [self.form.get("resource", "")]
        )
        found = audience_of(next((word for word in words if word not in _NO_SERVICE), ""))
        if not found:
            name = "resource" if self.resource_only else "scope"
            raise TokenError(
                "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
            )
        return found

    @property
    def wants_refresh(self) -> bool:
        """Whether a refresh token is asked for."""
        return "offline_access" in self.form.get("scope", "").split()


_NO_SERVICE = frozenset({"openid", "profile", "email", "offline_access"})


class TokenEndpoint:
    """Answers requests for tokens. Any thread may call it."""

    def __init__(
        self,
        authority: Authority,
        applications: Applications,
        clock: Clock,
        known: Callable[[str], Principal | None],
    ) -> None:
        """`known` says whose a token of our own is."""
        self._authority = authority
        self._applications = applications
        self._clock = clock
        self._known = known

    def answer(self, asked: Asked) -> dict[str, Any]:
        """The body of the answer. Raises TokenError."""
        self._check_tenant(asked)
        kind = asked.form.get("grant_type", "")
        if kind == "client_credentials":
            principal = self._client(asked)
        elif kind == "refresh_token":
            principal = self._refreshed(asked)
        else:
            words = f"The app requested an unsupported grant type '{kind[:80]}'."
            raise TokenError("unsupported_grant_type", 70003, words)
        return self._tokens(asked, principal)

    def _tokens(self, asked: Asked, principal: Principal) -> dict[str, Any]:
        audience = self._authority.audience_of(asked.audience)
        if audience.startswith(self._authority.address) or audience == Audience.TOKEN_EXCHANGE:
            words = f"The resource principal named {audience[:200]} was not found in the tenant."
            raise TokenError("invalid_resource", 500011, words)
        issued = self._authority.issue(principal, audience, application=asked.client_id)
        found: dict[str, Any] = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "ext_expires_in": TOKEN_SECONDS}
        if asked.resource_only:  # which says numbers as text
            now = int(self._clock.now().timestamp())
            found = {name: str(value) for name, value in found.items()}
            found |= {
                "expires_on": str(now + TOKEN_SECONDS),
                "not_before": str(now),
                "resource": asked.form["resource"],
            }
        if asked.wants_refresh or asked.form.get("grant_type") == "refresh_token":
            found["refresh_token"] = self._authority.issue(
                principal, self._refresh_audience, REFRESH_SECONDS, application=asked.client_id, purpose=Purpose.REFRESH
            )
        return {**found, "access_token": issued}

    @property
    def _refresh_audience(self) -> str:
        return f"{self._authority.issuer}/refresh"

    def _check_tenant(self, asked: Asked) -> None:
        tenant = asked.tenant.lower()
        if tenant not in {self._authority.tenant, *ANY_TENANT, *self._applications.tenants()}:
            words = f"Tenant '{asked.tenant[:100]}' not found. Check to make sure you have the correct tenant ID."
            raise TokenError("invalid_request", 90002, words)

    def _client(self, asked: Asked) -> Principal:
        found = self._applications_of(asked)
        assertion = asked.form.get("client_assertion", "")
        if assertion:
            if asked.form.get("client_assertion_type") != BEARER_ASSERTION:
                raise TokenError("invalid_request", 900144, "The client_assertion_type is not supported.")
            return self._by_assertion(asked, found, assertion)
        secret = asked.form.get("client_secret") or asked.basic[1]
        if not secret:
            words = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise TokenError("invalid_client", 7000218, words)
        return self._by_secret(asked, found, secret)

    def _applications_of(self, asked: Asked) -> list[Connection]:
        """The connections of the client id that this tenant knows. Raises TokenError."""
        tenant = asked.tenant.lower()
        known = {self._authority.tenant, *ANY_TENANT}
        found = [
            each
            for each in self._applications.of(asked.client_id)
            if tenant in known or tenant == parameter(each, "tenantid").lower()
        ]
        if not found:
            words = f"Application with identifier '{asked.client_id[:100]}' was not found in the directory."
            raise TokenError("unauthorized_client", 700016, words)
        return found

    def _by_secret(self, asked: Asked, found: list[Connection], secret: str) -> Principal:
        for connection in found:
            if _same(secret, parameter(connection, "serviceprincipalkey")):
                if self._has_expired(connection):
                    words = f"The provided client secret keys for app '{asked.client_id}' are expired."
                    raise TokenError("invalid_client", 7000222, words)
                return principal_of(connection)
        job = self._known(secret)
        if job is not None and job.kind is PrincipalKind.JOB:
            # A job signs in by its own token: what it gets is bound to it, and ends with it.
            for connection in found:
                if self._lent(job, connection):
                    return principal_of(connection, job)
        words = f"Invalid client secret provided for app '{asked.client_id}'."
        raise TokenError("invalid_client", 7000215, words)

    def _lent(self, job: Principal, connection: Connection) -> bool:
        lent = self._applications.connection(job, connection.id)
        return lent is not None and lent.id == connection.id

    def _has_expired(self, connection: Connection) -> bool:
        try:
            until = parse_timestamp(datum(connection, _EXPIRES) or "9999-01-01T00:00:00Z")
        except (ValueError, DrivetrainError):
            return True
        return self._clock.now() >= until

    def _by_assertion(self, asked: Asked, found: list[Connection], assertion: str) -> Principal:
        for connection in found:
            if signed_by(
                parameter(connection, "serviceprincipalcertificate"),
                assertion,
                asked.client_id,
                self._endpoints(asked),
                self._clock,
            ):
                return principal_of(connection)
        told = self._authority.read(assertion, [Audience.TOKEN_EXCHANGE], Purpose.FEDERATED)
        if isinstance(told, Refusal):
            raise _refused(told)
        for connection in found:
            # The token says for which connection it was issued: by its id, as names may be taken again.
            named = told.application == connection.id and told.subject == subject_of(connection)
            if named and self._lent(told.principal, connection):
                return principal_of(connection, told.principal)
        words = f"No matching federated identity record found for presented assertion subject '{told.subject[:300]}'."
        raise TokenError("invalid_client", 700213, words)

    def _endpoints(self, asked: Asked) -> Iterator[str]:
        base = f"{self._authority.address}/{asked.tenant}"
        yield f"{base}/oauth2/v2.0/token"
        yield f"{base}/oauth2/token"
        yield f"{base}/v2.0"

    def _refreshed(self, asked: Asked) -> Principal:
        told = self._authority.read(asked.form.get("refresh_token", ""), [self._refresh_audience], Purpose.REFRESH)
        if not isinstance(told, Grant):
            code = 700082 if told is Refusal.EXPIRED else 9002313
            raise TokenError(
                "invalid_grant", code, "The refresh token is malformed, has expired or is of another home."
            )
        principal = told.principal
        known = [(each.name, each.project) for each in self._applications.of(told.application)]
        if told.application != asked.client_id or not known:
            raise TokenError("invalid_grant", 70000, "The refresh token was issued to another application.")
        return principal


def principal_of(connection: Connection, job: Principal | None = None) -> Principal:
    """Who signs in by a connection. In a job it acts for the job's project, and no longer than the job lives."""
    if job is None:
        return Principal(PrincipalKind.CONNECTION, connection.name, connection.project)
    return Principal(PrincipalKind.CONNECTION, connection.name, job.project, job.run_id, job.job, job.token)


def _refused(why: Refusal) -> TokenError:
    if why in (Refusal.EXPIRED, Refusal.EARLY):
        return TokenError("invalid_client", 700024, "Client assertion is not within its valid time range.")
    if why is Refusal.AUDIENCE:
        return TokenError(
            "invalid_client", 700212, "No matching federated identity record found for presented assertion audience."
        )
    if why is Refusal.ISSUER:
        return TokenError(
            "invalid_client", 700211, "No matching federated identity record found for presented assertion issuer."
        )
    if why is Refusal.ENDED:
        return TokenError("invalid_client", 700024, "The job that the client assertion was issued to has ended.")
    return TokenError("invalid_client", 50027, "The client assertion is malformed, or its signature is not valid.")


def _same(given: str, kept: str) -> bool:
    """Whether two secrets are the same; how long it takes says nothing about either."""
    return hmac.compare_digest(_digest(given), _digest(kept)) and bool(kept)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
