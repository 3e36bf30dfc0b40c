from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.signatures import refusal

SECRET, BODY = "hush, hush", b'{"ref": "refs/heads/main"}'


def digest(body: bytes = BODY, secret: str = SECRET, name: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, getattr(hashlib, name)).hexdigest()


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def standard(secret: bytes, body: bytes = BODY) -> dict[str, str]:
    signature = base64.b64encode(hmac.digest(secret, b"msg_1.1700000000." + body, "sha256")).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": f"v1,{signature}"}


def test_the_example_in_githubs_documentation_is_good() -> None:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": signature}
    assert refusal(HostKind.GITHUB, headers, b"Hello, World!", "It's a Secret to Everybody") == ""
    assert refusal(HostKind.GITHUB, headers, b"Hello, World?", "It's a Secret to Everybody")


def test_the_example_of_standard_webhooks_is_good() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert refusal(HostKind.GITLAB, headers, b'{"test": 2432232314}', secret) == ""
    assert refusal(HostKind.GITLAB, headers | {"webhook-id": "another"}, b'{"test": 2432232314}', secret)
    assert refusal(HostKind.GITLAB, headers | {"webhook-timestamp": "1"}, b'{"test": 2432232314}', secret)


GOOD = [
    (HostKind.GITHUB, {"x-hub-signature-256": f"sha256={digest()}", "x-hub-signature": f"sha1={digest(name='sha1')}"}),
    (HostKind.BITBUCKET, {"x-hub-signature": f"sha256={digest()}"}),
    (HostKind.GITEA, {"x-gitea-signature": digest()}),
    (HostKind.GITEA, {"x-forgejo-signature": digest()}),
    (HostKind.GITEA, {"x-hub-signature-256": f"sha256={digest()}"}),
    (HostKind.GITLAB, {"x-gitlab-token": SECRET}),
    (HostKind.GITLAB, standard(SECRET.encode())),
    (HostKind.AZURE_REPOS, {"authorization": basic(f"anybody:{SECRET}")}),
    (HostKind.AZURE_REPOS, {"authorization": basic(f":{SECRET}")}),
    (HostKind.AZURE_REPOS, {"x-drivetrain-secret": SECRET}),
]


@pytest.mark.parametrize(("host", "headers"), GOOD)
def test_a_good_signature_is_believed_and_no_other(host: HostKind, headers: dict[str, str]) -> None:
    assert refusal(host, headers, BODY, SECRET) == ""
    assert refusal(host, headers, BODY, f"{SECRET}?")
    assert refusal(host, {}, BODY, SECRET)
    assert refusal(host, headers, BODY, "") == "the webhook has no secret"
    for name in headers.keys() - {"x-hub-signature"} if host is HostKind.GITHUB else headers:
        assert refusal(host, headers | {name: ""}, BODY, SECRET)
        assert refusal(host, headers | {name: headers[name][:-1]}, BODY, SECRET)
        assert refusal(host, headers | {name: f"{headers[name]}\N{SNOWMAN}"}, BODY, SECRET)
    if host is not HostKind.AZURE_REPOS and "x-gitlab-token" not in headers:
        assert refusal(host, headers, BODY + b" ", SECRET)


@pytest.mark.parametrize("host", [HostKind.GITHUB, HostKind.GITEA, HostKind.BITBUCKET])
def test_sha_1_alone_is_refused(host: HostKind) -> None:
    why = refusal(host, {"x-hub-signature": f"sha1={digest(name='sha1')}"}, BODY, SECRET)
    assert why == "it is signed with SHA-1 only"


def test_a_wrong_signature_is_not_helped_by_another_that_is_good() -> None:
    good = {"x-hub-signature-256": f"sha256={digest()}"}
    assert refusal(HostKind.GITEA, good | {"x-gitea-signature": "0" * 64}, BODY, SECRET)
    assert refusal(HostKind.GITLAB, {"x-gitlab-token": SECRET, "webhook-signature": "v1,AAAA"}, BODY, SECRET)
    assert refusal(
        HostKind.AZURE_REPOS, {"authorization": basic(f"x:{SECRET}"), "x-drivetrain-secret": "wrong"}, BODY, SECRET
    )


def test_one_of_several_signatures_is_enough_while_a_key_is_changed() -> None:
    headers = standard(SECRET.encode())
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']} v1a,BBBB"
    assert refusal(HostKind.GITLAB, headers, BODY, SECRET) == ""


@pytest.mark.parametrize(
    ("secret", "key"), [("whsec_aHVzaA==", b"hush"), ("whsec_%%%", b"whsec_%%%"), ("hush", b"hush")]
)
def test_a_signing_key_that_is_none_is_taken_as_it_is(secret: str, key: bytes) -> None:
    assert refusal(HostKind.GITLAB, standard(key), BODY, secret) == ""


NAMES = [
    "authorization", "x-hub-signature", "x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature",
    "x-gitlab-token", "webhook-signature", "webhook-id", "webhook-timestamp", "x-drivetrain-secret",
]  # fmt: skip


@given(
    host=st.sampled_from(HostKind),
    headers=st.dictionaries(st.sampled_from(NAMES), st.text() | st.just("Basic AAAA") | st.just("sha256=")),
    body=st.binary(),
)
def test_no_headers_raise_anything_or_are_good_by_chance(host: HostKind, headers: dict[str, str], body: bytes) -> None:
    assert refusal(host, headers, body, "a secret that nobody guesses")
