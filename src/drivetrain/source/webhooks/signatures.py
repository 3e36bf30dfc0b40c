"""Whether a delivery comes from who knows the webhook's secret. Pure; the time it takes tells nothing of the secret."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

from drivetrain.source.hosts.model import HostKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[Mapping[str, str], bytes, str], str]

SECRET_HEADER = "x-drivetrain-secret"  # noqa: S105 - the name of a header
"""Azure Repos: under this name a service hook may send the secret, among its HTTP headers."""
SIGNING_PREFIX = "whsec_"
"""A signing token as GitLab makes them: what comes after it is the key in base 64.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""


def refusal(host: HostKind, headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """Why a delivery is not to be believed, for our log; empty when its signature is good. The names of headers are
    lower case; the body is as it came.
    """
    if not secret:
        return "the webhook has no secret"
    return _CHECKS[host](headers, body, secret)


def _github(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries"""
    if "x-hub-signature-256" not in headers and "x-hub-signature" in headers:
        return "it is signed with SHA-1 only"
    return _signed(headers, "x-hub-signature-256", "sha256=", body, secret)


def _bitbucket(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks"""
    if headers.get("x-hub-signature", "").lower().startswith("sha1="):
        return "it is signed with SHA-1 only"
    return _signed(headers, "x-hub-signature", "sha256=", body, secret)


def _gitea(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """One of the headers is enough, but the first that is there has to be right.

    https://docs.gitea.com/usage/webhooks, https://forgejo.org/docs/latest/user/webhooks
    """
    for name in ("x-gitea-signature", "x-forgejo-signature"):
        if name in headers:
            return _signed(headers, name, "", body, secret)
    return _github(headers, body, secret)


def _signed(headers: Mapping[str, str], name: str, prefix: str, body: bytes, secret: str) -> str:
    given = headers.get(name, "")
    if not given:
        return f"it has no {name}"
    wanted = prefix + hmac.digest(secret.encode(), body, "sha256").hex()
    return "" if _same(given, wanted) else f"its {name} is wrong"


def _gitlab(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """Signed where the webhook has a signing token, else by the secret token itself. The time that is signed, too, is
    not looked at: a delivery is known by its id, so sending it once more does nothing.

    https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token
    """
    if "webhook-signature" in headers:
        return _standard(headers, body, secret)
    given = headers.get("x-gitlab-token", "")
    if not given:
        return "it has neither a webhook-signature nor an x-gitlab-token"
    return "" if _same(given, secret) else "its x-gitlab-token is wrong"


def _standard(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    named = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode("utf-8", "replace")
    digest = hmac.digest(_signing_key(secret), named + body, "sha256")
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    good = [_same(each, wanted) for each in headers["webhook-signature"].split(" ")[:10]]
    return "" if any(good) else "its webhook-signature is wrong"


def _signing_key(secret: str) -> bytes:
    if not secret.startswith(SIGNING_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SIGNING_PREFIX), validate=True)
    except ValueError:
        return secret.encode()


def _azure_repos(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """The secret is the password, whoever the user, or in a header of its own: service hooks sign nothing.

    https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
    """
    del body
    if SECRET_HEADER in headers:
        return "" if _same(headers[SECRET_HEADER], secret) else f"its {SECRET_HEADER} is wrong"
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return f"it has neither a password nor an {SECRET_HEADER}"
    try:
        password = base64.b64decode(given, validate=True).decode("utf-8", "replace").partition(":")[2]
    except ValueError:
        password = ""
    return "" if _same(password, secret) else "its password is wrong"


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


_CHECKS: Mapping[HostKind, Check] = {
    HostKind.GITHUB: _github,
    HostKind.AZURE_REPOS: _azure_repos,
    HostKind.BITBUCKET: _bitbucket,
    HostKind.GITLAB: _gitlab,
    HostKind.GITEA: _gitea,
}
