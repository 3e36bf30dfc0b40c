"""The tokens by which endpoints are asked, checked by a front on its own: whose, for what, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from drivetrain.serve.model import AuthMode, Endpoint
from drivetrain.view.api.azure.identity.authority import Authority
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.azure.online.tokens import token_audience
from drivetrain.wire.serving.tokens import JOB_SECONDS, EndpointTokens, token_of

if TYPE_CHECKING:
    from drivetrain.wire.certificates import Certificates
    from tests.unit.view.azure.identity.conftest import Edged

OWNER = Principal(PrincipalKind.OWNER, "ann")
ISSUED = Endpoint("ask", "alpha", auth=AuthMode.ISSUED)
ENTRA = Endpoint("ask", "alpha", auth=AuthMode.ENTRA)
HOUR = 3600


@pytest.fixture
def tokens(edged: Edged, certificates: Certificates) -> EndpointTokens:
    edged.storage.home.azure.symlink_to(certificates.folder)
    return EndpointTokens(edged.storage)


def test_a_token_opens_the_endpoint_it_was_issued_for_until_it_expires(edged: Edged, tokens: EndpointTokens) -> None:
    token = edged.edge.authority.issue(OWNER, token_audience("ask"))
    now = edged.clock.now().timestamp()
    assert tokens.allows(token, ISSUED) == int(now) + HOUR
    assert tokens.allows(token, Endpoint("Ask", auth=AuthMode.ISSUED)) == int(now) + HOUR
    assert tokens.allows(token, Endpoint("other", auth=AuthMode.ISSUED)) == 0
    assert tokens.allows(token, ENTRA) == 0
    assert tokens.allows(token, Endpoint("ask")) == 0
    edged.later(seconds=HOUR)
    assert tokens.allows(token, ISSUED) == 0


@pytest.mark.parametrize("resource", ["https://ml.azure.com", "https://ml.azure.com/.default"])
def test_a_token_for_machine_learning_opens_what_takes_those(
    edged: Edged, tokens: EndpointTokens, resource: str
) -> None:
    token = edged.edge.authority.issue(OWNER, edged.edge.authority.audience_of(resource))
    assert tokens.allows(token, ENTRA) > 0
    assert tokens.allows(token, ISSUED) == 0
    assert tokens.allows(edged.edge.authority.issue(OWNER, Audience.MANAGEMENT), ENTRA) == 0


def test_a_job_asks_endpoints_of_its_project_while_it_runs(edged: Edged, tokens: EndpointTokens) -> None:
    token = edged.identity(edged.jobs["alpha"][1], "https://ml.azure.com")
    assert tokens.allows(token, ENTRA) == edged.clock.now().timestamp() + JOB_SECONDS
    assert tokens.allows(token, Endpoint("ask", "beta", auth=AuthMode.ENTRA)) == 0
    assert tokens.allows(token, Endpoint("ask", auth=AuthMode.ENTRA)) == 0
    edged.end("alpha")
    assert tokens.allows(token, ENTRA) == 0


def test_the_edge_may_have_another_port_by_now(
    edged: Edged, tokens: EndpointTokens, certificates: Certificates
) -> None:
    before = Authority(certificates.token_key(), "https://127.0.0.1:2", edged.clock)
    assert tokens.allows(before.issue(OWNER, Audience.MACHINE_LEARNING), ENTRA) > 0


@pytest.mark.parametrize("endpoint", [ISSUED, ENTRA])
def test_this_home_asks_its_own_endpoints(edged: Edged, tokens: EndpointTokens, endpoint: Endpoint) -> None:
    assert tokens.allows(token_of(edged.storage, endpoint), endpoint) > 0
    assert tokens.allows(token_of(edged.storage, endpoint), Endpoint("other", auth=AuthMode.ISSUED)) == 0


def test_what_this_home_has_not_signed_opens_nothing(edged: Edged, tokens: EndpointTokens) -> None:
    good = edged.edge.authority.issue(OWNER, Audience.MACHINE_LEARNING)
    stranger = rsa.generate_private_key(65537, 2048)
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = jwt.encode(claims, stranger, "RS256")
    for token in ("", "x", "a.b.c", good[:-4], forged, jwt.encode(claims, "", "none"), "." * 4000, "é"):
        assert tokens.allows(token, ENTRA) == 0
    for issuer in (5, "https://evil.example/x/v2.0", f"file:///{edged.edge.authority.tenant}/v2.0"):
        assert tokens.allows(jwt.encode({**claims, "iss": str(issuer)}, stranger, "RS256"), ENTRA) == 0
