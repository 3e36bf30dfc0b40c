from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.json import encode
from starlette.applications import Starlette
from starlette.routing import Mount

from drivetrain.errors import UnavailableError
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.payload import Payload
from drivetrain.source.webhooks.receiving import MAX_GUID, Answer, guid_of
from drivetrain.view.api.hooks import app
from drivetrain.view.api.hooks.app import create_hooks
from tests.unit.source.webhooks.conftest import SECRET
from tests.unit.source.webhooks.payloads import CASES
from tests.unit.source.webhooks.signing import signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from tests.unit.source.webhooks.conftest import Site

BODY = encode({"ref": "refs/heads/main", "repository": {"full_name": "lab/churn"}})


class Client:
    """Asks the application as a host would, within this process."""

    def __init__(self, site: Site, runner: asyncio.Runner) -> None:
        application = Starlette(routes=[Mount("/hooks", create_hooks(site.receiver))])
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://hooks.example")
        self._runner = runner

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._http.post(path, **more))

    def get(self, path: str) -> httpx.Response:
        return self._runner.run(self._http.get(path))


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with asyncio.Runner() as runner:
        yield Client(site, runner)


def github(body: bytes = BODY, **more: str) -> dict[str, str]:
    named = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}
    return signed(HostKind.GITHUB, body) | named | {name.replace("_", "-"): value for name, value in more.items()}


def test_every_documented_delivery_is_kept_once(site: Site, client: Client) -> None:
    for index, case in enumerate(CASES):
        site.project(f"p{index}", case.host, case.repository)
        path, body = f"/hooks/{case.host}/key-p{index}", encode(case.body)
        headers = case.headers | signed(case.host, body)
        answers = [client.post(path, content=body, headers=headers).status_code for _ in range(2)]
        assert answers == [202, 200], f"{case.host}: {case.what}"
    kept = site.storage.deliveries.pending(limit=1000)
    assert [(each.host, each.event, each.body) for each in kept] == [(c.host, c.event, encode(c.body)) for c in CASES]
    assert len(site.woken) == len(CASES)


def test_what_is_refused_tells_a_stranger_nothing_and_our_log_why(
    site: Site, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")
    unsigned = github()
    del unsigned["X-Hub-Signature-256"]
    sha1 = {**unsigned, "X-Hub-Signature": f"sha1={hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()}"}
    for headers in (unsigned, sha1, github(b"another")):
        answer = client.post("/hooks/github/key-churn", content=BODY, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"delivery": "refused"})
    said = [record.getMessage().rpartition(": ")[2] for record in caplog.records if record.name == "drivetrain"]
    assert said == ["it has no x-hub-signature-256", "it is signed with SHA-1 only", "its x-hub-signature-256 is wrong"]
    assert SECRET not in caplog.text
    assert not site.storage.deliveries.recent()


@pytest.mark.parametrize(
    "path", ["github/guess", "gitlab/key-churn", "nowhere/key-churn", f"github/{'k' * 200}", "github/%00%ff"]
)
def test_a_path_that_is_nobodys_is_not_there(site: Site, client: Client, path: str) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")
    assert client.post(f"/hooks/{path}", content=BODY, headers=github()).status_code == 404
    assert client.get("/hooks/github/key-churn").status_code == 405


def test_a_signed_body_that_is_no_json_is_told_so(site: Site, client: Client) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")
    answer = client.post("/hooks/github/key-churn", content=b"a=b", headers=github(b"a=b"))
    assert answer.status_code == 400
    assert not site.storage.deliveries.recent()


def test_a_form_is_signed_as_it_is_sent(site: Site, client: Client) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")
    body = b"payload=%7B%22zen%22%3A%22x%22%7D"
    headers = github(body, Content_Type="application/x-www-form-urlencoded")
    assert client.post("/hooks/github/key-churn", content=body, headers=headers).status_code == 202


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


def test_what_is_too_large_is_not_read_to_its_end(site: Site, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "MAX_BYTES", 1000)
    site.project("churn", HostKind.GITHUB, "lab/churn")
    exact = encode({"x": "y" * (1000 - len(encode({"x": ""})))})
    assert client.post("/hooks/github/key-churn", content=exact, headers=github(exact)).status_code == 202
    for content in (exact + b" ", chunks(600, 2)):
        assert client.post("/hooks/github/key-churn", content=content, headers=github(exact)).status_code == 413
    for length in ("99999999999999999999999", "-1", "x"):
        headers = github(exact) | {"Content-Length": length}
        assert client.post("/hooks/github/key-churn", content=exact, headers=headers).status_code == 413


def test_a_header_that_is_there_twice_says_nothing(site: Site, client: Client) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")
    twice = [*github().items(), ("x-hub-signature-256", "sha256=0")]
    assert client.post("/hooks/github/key-churn", content=BODY, headers=twice).status_code == 401


def test_what_cannot_be_kept_is_to_be_delivered_again(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.project("churn", HostKind.GITHUB, "lab/churn")

    def full(*_: object) -> None:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(type(site.storage.deliveries), "keep", full)
    answer = client.post("/hooks/github/key-churn", content=BODY, headers=github())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_headers_are_kept_without_credentials(site: Site) -> None:
    site.project("churn", HostKind.GITLAB, "lab/churn")
    to = site.receiver.find("gitlab", "key-churn")
    assert to is not None
    headers = {
        "x-gitlab-event": "Push Hook", "x-gitlab-token": SECRET, "authorization": "Basic eDp5", "cookie": "a=b",
        "x-gitlab-event-uuid": "u" * 1000, "x-forwarded-for": "10.0.0.1", "idempotency-key": "i-1",
        "x-hub-signature": "sha256=0", "x-github-signature": "1", "x-gitea-token": "2",
    }  # fmt: skip
    assert site.receiver.take(to, headers, BODY) is Answer.KEPT
    (kept,) = site.storage.deliveries.pending()
    assert kept.headers == {"x-gitlab-event": "Push Hook", "x-gitlab-event-uuid": "u" * 500, "idempotency-key": "i-1"}
    assert (kept.guid, kept.event) == ("i-1", "Push Hook")


AZURE: dict[str, Any] = {"id": "e-1", "subscriptionId": "s-1", "notificationId": 3}


@pytest.mark.parametrize(
    ("host", "headers", "body", "guid"),
    [
        (HostKind.GITHUB, {"x-github-delivery": "a"}, {}, "a"),
        (HostKind.GITEA, {"x-gitea-delivery": "b", "x-github-delivery": "c"}, {}, "b"),
        (HostKind.GITEA, {"x-forgejo-delivery": "b"}, {}, "b"),
        (HostKind.GITLAB, {"idempotency-key": "c", "x-gitlab-event-uuid": "shared"}, {}, "c"),
        (HostKind.GITLAB, {"webhook-id": "signed", "idempotency-key": "c"}, {}, "signed"),
        (HostKind.BITBUCKET, {"x-request-uuid": "d"}, {}, "d"),
        (HostKind.AZURE_REPOS, {}, AZURE, "s-1/e-1/3"),
    ],
)
def test_a_delivery_is_known_by_what_the_host_calls_it(
    host: HostKind, headers: Mapping[str, str], body: dict[str, Any], guid: str
) -> None:
    assert guid_of(host, headers, b"", Payload(body)) == guid


@pytest.mark.parametrize("host", list(HostKind))
def test_without_a_name_it_is_known_by_a_digest(host: HostKind) -> None:
    names = {"x-gitlab-event-uuid": "1", "x-github-delivery": "x" * (MAX_GUID + 1)}
    one, same, another = (guid_of(host, names, body, Payload({})) for body in (b"1", b"1", b"2"))
    assert one == same != another
    assert len(one) == 64


@given(
    path=st.sampled_from([f"{host}/key-{host}" for host in HostKind]) | st.text(max_size=40),
    names=st.dictionaries(
        st.sampled_from(["content-type", "x-github-event", "x-gitlab-event", "x-request-uuid", "content-length", "a"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=50).map(str.strip),
    ),
    body=st.binary(max_size=300) | st.recursive(st.none() | st.text(), st.lists).map(encode),
    sign=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_no_bytes_at_all_make_a_failure_of_ours(
    site: Site, client: Client, path: str, names: dict[str, str], body: bytes, *, sign: bool
) -> None:
    if not site.storage.links.all():
        for host in HostKind:
            site.project(host, host, "lab/churn")
    host = next((each for each in HostKind if path == f"{each}/key-{each}"), HostKind.GITHUB)
    headers = {name: value.encode("latin-1") for name, value in names.items()}
    headers |= {name: value.encode() for name, value in signed(host, body).items()} if sign else {}
    answer = client.post(f"/hooks/{quote(path)}", content=body, headers=list(headers.items()))
    assert answer.status_code in {200, 202, 400, 401, 404, 405, 413}
