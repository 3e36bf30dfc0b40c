"""Every route of the edge is closed to those without a good token; a token opens what its bearer may see."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.identity.authority import Authority
from tests.unit.view.azure.identity.conftest import ADDRESS, OWNER

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged

GUID = "11111111-2222-3333-4444-555555555555"
WORKSPACE = f"/subscriptions/{GUID}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces"
PUBLIC = {
    "/metadata/endpoints",
    "/common/discovery/instance",
    "/discovery/v2.0/keys",
    "/discovery",
    "/discovery/workspaces/{workspace_id}",
    "/{tenant}/discovery/v2.0/keys",
    "/{tenant}/.well-known/openid-configuration",
    "/{tenant}/v2.0/.well-known/openid-configuration",
}
"""What says where things are: no secret is in it. All of it can be read, and only read."""
OWN_WAYS = {
    "/msi/token": "X-IDENTITY-HEADER",
    "/{tenant}/oauth2/v2.0/token": "a secret or an assertion",
    "/{tenant}/oauth2/token": "a secret or an assertion",
    "/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken": "the token of a job",
    "/endpoints/{workspace}/{endpoint}/score": "the key of the endpoint",
    "/endpoints/{workspace}/{endpoint}/swagger.json": "the key of the endpoint",
    "/endpoints/{workspace}/{endpoint}/jobs": "the key of the endpoint",
}
"""Routes where tokens are had: each asks for something else, and is tested where it is."""


def _routes(edged: Edged) -> list[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names of operations, which nobody reads, may be the same
        paths = edged.api.openapi()["paths"]
    return [
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if path not in PUBLIC | OWN_WAYS.keys()
    ]


def _filled(path: str, **more: str) -> str:
    values = {"subscription": GUID, **more}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: values.get(found[1], "x"), path)


def tokens(edged: Edged) -> dict[str, str]:
    """None of them is good for Azure Resource Manager, now, here."""
    good = edged.identity(edged.jobs["alpha"][1])
    key = edged.edge.authority._key
    header, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    other = rsa.generate_private_key(65537, 2048)
    at = int(edged.clock.at.timestamp())
    foreign = Authority(other, ADDRESS, edged.clock)
    principal = edged.edge.known(edged.jobs["alpha"][1])
    assert principal is not None

    def signed(by: Any = key, algorithm: str = "RS256", kid: str = edged.edge.authority.key_id, **changed: Any) -> str:
        return jwt.encode({**claims, **changed}, by, algorithm, headers={"kid": kid})

    return {
        "none": "",
        "no token": "nonsense",
        "a job's own token": edged.jobs["alpha"][1],
        "the owner's own token": OWNER,
        "expired": signed(exp=at - 1),
        "not yet valid": signed(nbf=at + 600),
        "without an end": jwt.encode({name: claims[name] for name in claims if name != "exp"}, key, "RS256"),
        "another audience": signed(aud="https://vault.azure.net"),
        "no audience": jwt.encode({name: claims[name] for name in claims if name != "aud"}, key, "RS256"),
        "another issuer": signed(iss="https://sts.windows.net/x/"),
        "unsigned": f"{header}.{body}.",
        "alg none": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "alg None": f"{_part({'alg': 'None', 'typ': 'JWT'})}.{body}.{signature}",
        "the public key as a secret": _hs256(pem, body),
        "another home's key": foreign.issue(principal, claims["aud"]),
        "another key under our kid": signed(by=other),
        "a key in its own header": jwt.encode(
            claims,
            other,
            "RS256",
            headers={"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key(), as_dict=True)},
        ),
        "a kid that is a path": _hs256(b"", body, kid="/dev/null"),
        "altered": f"{header}.{_part({**claims, 'drivetrain': {**claims['drivetrain'], 'kind': 'owner'}})}.{signature}",
        "another use": signed(drivetrain={**claims["drivetrain"], "use": "refresh"}),
    }


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _hs256(secret: bytes, body: str, **header: str) -> str:
    """As an attacker makes it: PyJWT refuses to sign so."""
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT', **header})}.{body}"
    return f"{text}.{base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), hashlib.sha256)).decode().rstrip('=')}"


def test_no_bad_token_opens_anything(edged: Edged) -> None:
    for name, token in tokens(edged).items():
        assert edged.get("/subscriptions", token).status_code == 401, name
        assert edged.edge.authority.check(token, ["https://management.azure.com"]) is None, name
    assert edged.get("/subscriptions", edged.identity(edged.jobs["alpha"][1])).status_code == 200


def test_every_route_asks_for_a_token(edged: Edged) -> None:
    forged = tokens(edged)
    routes = _routes(edged)
    assert len(routes) > 100
    workspace = Workspace(GUID, GUID, "x", "x")
    account = edged.edge.blobs.account_of(edged.storage.workspaces.put(workspace)).name
    opened = []
    for method, path in routes:
        for name in ("none", "alg none", "expired", "another home's key"):
            headers = {"authorization": f"Bearer {forged[name]}"} if forged[name] else {}
            answer = edged.http.request(method, _filled(path, account=account), headers=headers)
            if answer.status_code not in (401, 403):  # 403: Azure answers so where a blob may not be seen
                opened.append((method, path, name, answer.status_code, answer.text[:100]))
    assert {(method, path, status) for method, path, _, status, _ in opened} == set()


def test_what_is_public_can_only_be_read_and_says_no_secret(edged: Edged) -> None:
    for path in PUBLIC:
        answer = edged.http.get(_filled(path))
        assert answer.status_code == 200
        assert OWNER not in answer.text
        assert '"d"' not in answer.text
        assert edged.http.post(_filled(path)).status_code in (404, 405)


@pytest.mark.parametrize("scheme", ["Basic", "bearerx", ""])
def test_only_a_bearer_token_counts(edged: Edged, scheme: str) -> None:
    token = edged.identity(edged.jobs["alpha"][1])
    headers = {"authorization": f"{scheme} {token}".strip()}
    assert edged.http.get("/subscriptions", headers=headers).status_code == 401


def test_a_job_sees_nothing_of_another_project(edged: Edged) -> None:
    alpha, beta = (edged.identity(edged.jobs[name][1]) for name in ("alpha", "beta"))
    owner = edged.identity(OWNER)
    assert edged.get(f"{WORKSPACE}/secret", alpha).status_code == 200
    assert edged.get(f"{WORKSPACE}/secret", beta).status_code == 403
    assert edged.get(f"{WORKSPACE}/secret/computes", beta).status_code == 403
    assert edged.get(f"{WORKSPACE}/secret", owner).status_code == 200
    groups = f"/subscriptions/{GUID}/resourcegroups"
    assert [each["name"] for each in edged.get(groups, alpha).json()["value"]] == ["g"]
    assert edged.get(groups, beta).json()["value"] == []
    assert GUID in edged.get("/subscriptions", alpha).text
    assert GUID not in edged.get("/subscriptions", beta).text


def test_what_a_job_signed_in_with_ends_with_it(edged: Edged) -> None:
    token = edged.identity(edged.jobs["alpha"][1])
    assert edged.get("/subscriptions", token).status_code == 200
    edged.end("alpha")
    assert edged.get("/subscriptions", token).status_code == 401
    headers = {"x-identity-header": edged.jobs["alpha"][1]}
    assert edged.http.get("/msi/token", params={"resource": "x"}, headers=headers).status_code == 401


def test_a_token_ends_after_its_hour(edged: Edged) -> None:
    token = edged.identity(OWNER)
    edged.later(minutes=59)
    assert edged.get("/subscriptions", token).status_code == 200
    edged.later(minutes=2)
    assert edged.get("/subscriptions", token).status_code == 401
