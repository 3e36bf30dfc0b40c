"""The token endpoint: who gets a token, as whom, and what is said to those who get none."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.api.azure.identity.model import Audience, PrincipalKind

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MANAGEMENT = [Audience.MANAGEMENT]


def application(edged: Edged, name: str = "azure", project: str = "", **more: Any) -> tuple[str, str]:
    """Client id and secret of a new connection that leads here."""
    found = edged.add_connection(name, project, **more).parameters
    return found["serviceprincipalid"], found.get("serviceprincipalkey", "")


def who(edged: Edged, token: str) -> Any:
    return edged.edge.authority.check(token, MANAGEMENT)


def test_a_connection_without_parameters_gets_an_application_of_this_home(edged: Edged) -> None:
    found = edged.add_connection("azure")
    assert found.parameters["tenantid"] == edged.edge.authority.tenant
    assert len(found.parameters["serviceprincipalkey"]) >= 43
    assert found.data["environment"] == "Drivetrain"
    given = {"serviceprincipalid": "app", "tenantid": "t", "serviceprincipalkey": "s"}
    assert edged.add_connection("real", plain=given).data["environment"] == "AzureCloud"


def test_a_secret_gets_a_token_for_one_audience(edged: Edged) -> None:
    client, secret = application(edged, project="alpha")
    answer = edged.ask(client_id=client, client_secret=secret)
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert {name: body[name] for name in ("token_type", "expires_in")} == {"token_type": "Bearer", "expires_in": 3600}
    principal = who(edged, body["access_token"])
    assert (principal.kind, principal.name, principal.project) == (PrincipalKind.CONNECTION, "azure", "alpha")
    assert edged.edge.authority.check(body["access_token"], [Audience.STORAGE]) is None
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (claims["appid"], claims["tid"]) == (client, edged.edge.authority.tenant)


def test_the_older_endpoint_takes_a_resource_and_says_numbers_as_text(edged: Edged) -> None:
    client, secret = application(edged)
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    answer = edged.http.post(
        "/common/oauth2/token",
        data={"grant_type": "client_credentials", "resource": "https://management.core.windows.net/"},
        headers={"authorization": f"Basic {basic}"},
    )
    body = answer.json()
    assert (body["expires_in"], body["resource"]) == ("3600", "https://management.core.windows.net/")
    assert who(edged, body["access_token"]).name == "azure"


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody", "client_secret": "x"}, 400, "unauthorized_client", 700016),
        ({"tenant": "11111111-2222-3333-4444-555555555555"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "openid profile"}, 400, "invalid_request", 900144),
        ({"scope": "api://AzureADTokenExchange/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "https://127.0.0.1:8675/x/v2.0/refresh"}, 400, "invalid_resource", 500011),
        ({"client_assertion": "a.b.c", "client_assertion_type": "other"}, 400, "invalid_request", 900144),
        ({"client_assertion": "a.b.c", "client_assertion_type": ASSERTION}, 401, "invalid_client", 50027),
        ({"grant_type": "refresh_token", "refresh_token": "a.b.c"}, 400, "invalid_grant", 9002313),
    ],
)
def test_a_refusal_has_the_code_that_official_clients_know(
    edged: Edged, form: dict[str, str], status: int, error: str, code: int
) -> None:
    client, secret = application(edged)
    answer = edged.ask(**{"client_id": client, "client_secret": secret, **form})
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert secret not in answer.text


def test_an_expired_secret_is_told_apart(edged: Edged) -> None:
    client, secret = application(edged)
    assert edged.ask(client_id=client, client_secret=secret).status_code == 200
    edged.storage.library.change(
        ItemKind.SERVICE_CONNECTION, "azure", Edit(data={"data.secretExpires": "2026-02-28T00:00:00Z"})
    )
    assert edged.ask(client_id=client, client_secret=secret).json()["error_codes"] == [7000222]


def test_a_job_signs_in_by_its_own_token_and_only_while_it_lives(edged: Edged) -> None:
    client, _ = application(edged)
    token = edged.ask(client_id=client, client_secret=edged.jobs["alpha"][1]).json()["access_token"]
    principal = who(edged, token)
    assert (principal.kind, principal.project, principal.run_id) == (
        PrincipalKind.CONNECTION,
        "alpha",
        edged.jobs["alpha"][0],
    )
    edged.end("alpha")
    assert who(edged, token) is None
    assert edged.ask(client_id=client, client_secret=edged.jobs["alpha"][1]).json()["error_codes"] == [7000215]


def test_a_job_cannot_sign_in_by_a_connection_of_another_project_or_without_a_permit(edged: Edged) -> None:
    foreign, _ = application(edged, project="beta")
    assert edged.ask(client_id=foreign, client_secret=edged.jobs["alpha"][1]).status_code == 401
    closed = edged.add_connection("closed")
    edged.storage.library.change(ItemKind.SERVICE_CONNECTION, "closed", Edit(open=False))
    client = closed.parameters["serviceprincipalid"]
    assert edged.ask(client_id=client, client_secret=edged.jobs["alpha"][1]).status_code == 401
    assert edged.federated("alpha", closed).status_code == 404


def test_the_owners_token_is_no_secret_of_an_application(edged: Edged) -> None:
    client, _ = application(edged)
    assert edged.ask(client_id=client, client_secret="the owner's own token").status_code == 401


def test_a_federated_token_signs_in_for_its_connection_alone(edged: Edged) -> None:
    one = edged.add_connection("one", scheme="WorkloadIdentityFederation")
    other = edged.add_connection("other", scheme="WorkloadIdentityFederation")
    assertion = edged.federated("alpha", one).json()["oidcToken"]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["sub"] == "sc://drivetrain/home/one"
    given = {"client_assertion": assertion, "client_assertion_type": ASSERTION}
    answer = edged.ask(client_id=one.parameters["serviceprincipalid"], **given)
    assert who(edged, answer.json()["access_token"]).project == "alpha"
    refused = edged.ask(client_id=other.parameters["serviceprincipalid"], **given)
    assert refused.json()["error_codes"] == [700213]
    edged.end("alpha")
    ended = edged.ask(client_id=one.parameters["serviceprincipalid"], **given)
    assert ended.json()["error_codes"] == [700024]


def test_a_federated_token_expires(edged: Edged) -> None:
    one = edged.add_connection("one", scheme="WorkloadIdentityFederation")
    assertion = edged.federated("alpha", one).json()["oidcToken"]
    edged.later(hours=25)
    given = {"client_assertion": assertion, "client_assertion_type": ASSERTION}
    answer = edged.ask(client_id=one.parameters["serviceprincipalid"], **given)
    assert answer.json()["error_codes"] == [700024]


def test_an_access_token_is_no_assertion_and_a_federated_token_opens_nothing(edged: Edged) -> None:
    one = edged.add_connection("one", scheme="WorkloadIdentityFederation")
    access = edged.identity(edged.jobs["alpha"][1], "api://AzureADTokenExchange")
    given = {"client_assertion": access, "client_assertion_type": ASSERTION}
    answer = edged.ask(client_id=one.parameters["serviceprincipalid"], **given)
    assert answer.json()["error_codes"] == [700212]
    assertion = edged.federated("alpha", one).json()["oidcToken"]
    assert edged.get("/subscriptions", assertion).status_code == 401


def test_a_refresh_token_is_asked_for_and_stays_with_its_application(edged: Edged) -> None:
    client, secret = application(edged)
    other, _ = application(edged, "other")
    scope = "https://management.azure.com/.default offline_access"
    first = edged.ask(client_id=client, client_secret=secret, scope=scope).json()
    assert "refresh_token" not in edged.ask(client_id=client, client_secret=secret).json()
    given = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    again = edged.ask(client_id=client, **given).json()
    assert who(edged, again["access_token"]).name == "azure"
    assert edged.ask(client_id=other, **given).json()["error_codes"] == [70000]
    assert edged.get("/subscriptions", first["refresh_token"]).status_code == 401
    access = {**given, "refresh_token": first["access_token"]}
    assert edged.ask(client_id=client, **access).json()["error"] == "invalid_grant"
    edged.later(hours=25)
    assert edged.ask(client_id=client, **given).json()["error_codes"] == [700082]


def _certificate() -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    made = builder.not_valid_after(datetime(2036, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    return key, made.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificates_key_signs_in(edged: Edged) -> None:
    key, pem = _certificate()
    given = {"servicePrincipalCertificate": pem, "authenticationType": "spnCertificate"}
    found = edged.add_connection("signed", fields={"data.environment": "Drivetrain"}, plain=given)
    client = found.parameters["serviceprincipalid"]
    endpoint = f"https://127.0.0.1:8675/{edged.edge.authority.tenant}/oauth2/v2.0/token"
    now = int(edged.clock.at.timestamp())
    claims = {"iss": client, "sub": client, "aud": endpoint, "nbf": now, "exp": now + 600}

    def status(**changed: Any) -> int:
        signer, algorithm = changed.pop("key", key), changed.pop("algorithm", "PS256")
        token = jwt.encode({**claims, **changed}, signer, algorithm)
        answer = edged.ask(client_id=client, client_assertion=token, client_assertion_type=ASSERTION)
        return int(answer.status_code)

    assert status() == 200
    assert status(algorithm="RS256") == 200
    assert status(aud="https://login.microsoftonline.com/x/oauth2/v2.0/token") == 401
    assert status(sub="other") == 401
    assert status(exp=now - 1) == 401
    assert status(exp=now + int(timedelta(days=2).total_seconds())) == 401
    assert status(key=_certificate()[0]) == 401
    assert status(key="s" * 64, algorithm="HS256") == 401


def test_a_managed_identity_is_the_jobs_own_whoever_it_is_asked_for(edged: Edged) -> None:
    params = {"resource": "https://ml.azure.com", "client_id": "their-own", "api-version": "2019-08-01"}
    headers = {"x-identity-header": edged.jobs["beta"][1]}
    body = edged.http.get("/msi/token", params=params, headers=headers).json()
    principal = edged.edge.authority.check(body["access_token"], [Audience.MACHINE_LEARNING])
    assert principal is not None
    assert (principal.kind, principal.project, body["client_id"]) == (PrincipalKind.JOB, "beta", "their-own")
    assert body["expires_on"] == str(int((edged.clock.at + timedelta(hours=1)).timestamp()))
    older = edged.http.get(
        "/msi/token",
        params={**params, "api-version": "2017-09-01"},
        headers={"secret": edged.jobs["beta"][1]},
    )
    assert older.json()["expires_on"] == "03/01/2026 13:00:00 +00:00"
    assert edged.http.get("/msi/token", params=params).status_code == 401
    assert edged.http.get("/msi/token", params={"resource": ""}, headers=headers).status_code == 400
