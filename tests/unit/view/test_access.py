from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from drivetrain.errors import CorruptError, UnavailableError
from drivetrain.view.access import LINK_SECONDS, SESSION_SECONDS, Access
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.owner_token import is_private, read, read_or_make

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

TOKEN = "t" * 43
JOB = "j" * 43
BASE = "http://127.0.0.1:8674"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """A browser of sorts: follows nothing, keeps cookies."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
                answer = await client.request(method, path, **given)
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.request("POST", path, **given)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def job(token: str) -> Identity | None:
    return Identity("job", {"drivetrain.build_id": "7"}, 7) if token == JOB else None


@pytest.fixture
def access(clock: Clock) -> Access:
    return Access(TOKEN, names=["ci.example.org"], port=8674, job=job, clock=clock)


def client_of(access: Access) -> Client:
    async def show(request: Request) -> Response:
        return PlainTextResponse(request.scope["drivetrain.identity"].kind)

    app = Starlette(routes=[Route("/{path:path}", show, methods=["GET", "POST", "DELETE"])])
    return Client(access.guard(app))


@pytest.fixture
def client(access: Access) -> Client:
    return client_of(access)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/", "/runs/1", "/api/v1/runs", "/mlflow/", "/mlflow/api/2.0/mlflow/runs/create"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("x" * 43),
        bearer(""),
        bearer(TOKEN[:-1]),
        bearer(TOKEN + "t"),
        {"Authorization": TOKEN},
        {"Authorization": "Basic !!!"},
        {"Cookie": "drivetrain_session_8674=9999999999.aa.bb"},
        {"Cookie": "drivetrain_session_8674="},
    ],
)
def test_without_a_good_token_nothing_opens(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()


def test_the_owners_token_opens_everything(client: Client) -> None:
    basic = base64.b64encode(f":{TOKEN}".encode()).decode()
    for headers in (bearer(TOKEN), {"Authorization": f"bearer {TOKEN}"}, {"Authorization": f"Basic {basic}"}):
        assert client.get("/api/v1/runs", headers=headers).text == "user"
        assert client.post("/mlflow/x", headers=headers).text == "user"


def test_a_jobs_token_opens_mlflow_only(client: Client) -> None:
    assert client.post("/mlflow/api/2.0/mlflow/runs/create", headers=bearer(JOB)).text == "job"
    for path in ("/", "/api/v1/runs", "/mlflowx", "/api/v1/sign-in-links"):
        answer = client.post(path, headers=bearer(JOB))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "job-token")


def test_a_wrong_token_is_not_helped_by_a_session(access: Access, client: Client) -> None:
    cookie = {"Cookie": f"drivetrain_session_8674={access.new_session()}"}
    assert client.get("/x", headers=cookie).status_code == 200
    assert client.get("/x", headers=cookie | bearer("wrong")).status_code == 401


def test_two_authorization_headers_are_none(client: Client) -> None:
    answer = client.get("/x", headers=[("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x")])
    assert answer.status_code == 401


def test_a_link_signs_in_once(access: Access, client: Client) -> None:
    path = client.post("/api/v1/sign-in-links", headers=bearer(TOKEN)).json()["path"]
    first = client.get(f"{path}&to=/runs/3")
    assert (first.status_code, first.headers["location"]) == (303, "/runs/3")
    cookie = first.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/", "drivetrain_session_8674="))
    assert "Secure" not in cookie
    assert client.get("/runs/3").text == "user"
    client.cookies.clear()
    assert client.get(path).status_code == 401
    assert "used or is old" in client.get(path).text
    assert client.get("/runs/3").status_code == 401
    del access


def test_a_link_is_old_after_ten_minutes(access: Access, client: Client, clock: Clock) -> None:
    path = access.new_link()
    clock.now += LINK_SECONDS + 1
    assert client.get(path).status_code == 401


def test_a_link_is_not_used_up_by_a_preview(access: Access, client: Client) -> None:
    path = access.new_link()
    assert client.request("HEAD", path).status_code == 200
    assert client.get(path).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.org", "https://evil.org", "/\\evil.org", "/a%0d%0aSet-Cookie:x=1", "evil", "/%09/evil.org", "%C3%BC"],
)
def test_signing_in_never_leads_to_another_site(access: Access, client: Client, target: str) -> None:
    answer = client.get(f"{access.new_link()}&to={target}")
    assert answer.headers["location"] == "/"


def test_the_token_can_be_typed_on_the_page(client: Client) -> None:
    page = client.get("/runs", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert "drivetrain up" in page.text
    assert client.post("/login", data={"token": "<script>"}).status_code == 401
    assert client.post("/login", data={"token": JOB}).status_code == 401
    assert client.post("/login", data={"token": "x" * 100_000}).status_code == 401
    answer = client.post("/login", data={"token": f" {TOKEN}\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/runs").text == "user"


def test_a_session_ends_by_time_by_signing_out_and_with_the_token(client: Client, access: Access, clock: Clock) -> None:
    client.post("/login", data={"token": TOKEN})
    session = access.new_session()
    cookie = {"Cookie": f"drivetrain_session_8674={session}"}
    assert client.post("/logout").status_code == 303
    assert client.get("/runs").status_code == 401
    assert client.get("/runs", headers=cookie).status_code == 200
    other = client_of(Access("u" * 43, port=8674, clock=clock))
    assert other.get("/runs", headers=cookie).status_code == 401
    clock.now += SESSION_SECONDS + 1
    assert client.get("/runs", headers=cookie).status_code == 401


def test_a_session_that_was_altered_is_none(access: Access, client: Client) -> None:
    until, nonce, signature = access.new_session().split(".")
    for value in (
        f"{int(until) + 1}.{nonce}.{signature}",
        f"{until}.{nonce}.{'0' * 64}",
        f"{until}.{nonce}.",
        f".{signature}",
    ):
        assert client.get("/x", headers={"Cookie": f"drivetrain_session_8674={value}"}).status_code == 401


def test_cookies_of_two_servers_on_one_machine_do_not_collide(access: Access, clock: Clock) -> None:
    other = client_of(Access(TOKEN, port=9999, clock=clock))
    assert other.get("/x", headers={"Cookie": f"drivetrain_session_8674={access.new_session()}"}).status_code == 401


def test_behind_https_the_cookie_is_for_https_only() -> None:
    answer = client_of(Access(TOKEN, secure=True)).post("/login", data={"token": TOKEN})
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8674", True),
        ("localhost:1", True),
        ("LOCALHOST", True),
        ("[::1]:8674", True),
        ("192.168.1.5:8674", True),
        ("ci.example.org", True),
        ("ci.example.org.", True),
        ("x.localhost:8674", True),
        ("evil.org", False),
        ("evil.org:8674", False),
        ("ci.example.org.evil.org", False),
        ("127.0.0.1.evil.org", False),
        ("127.0.0.1@evil.org", False),
        ("localhost.evil.org", False),
        ("", False),
        ("[", False),
    ],
)
def test_only_known_names_are_answered(client: Client, host: str, *, known: bool) -> None:
    answer = client.get("/x", headers={"Host": host, **bearer(TOKEN)})
    assert answer.status_code == (200 if known else 421)
    if not known:
        assert answer.json()["error"]["code"] == "unknown-host"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": BASE}, 200),
        ({"Origin": BASE, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/runs/1/cancel", "/login", "/mlflow/ajax-api/x"])
def test_a_change_that_another_site_asks_for_is_refused(
    client: Client, access: Access, headers: dict[str, str], status: int, path: str
) -> None:
    cookie = {"Cookie": f"drivetrain_session_8674={access.new_session()}"}
    answer = client.post(path, headers=headers | cookie, data={"token": TOKEN})
    assert answer.status_code == (303 if status == 200 and path == "/login" else status)


def test_mlflows_clients_are_answered_in_their_own_form(client: Client) -> None:
    answer = client.post("/mlflow/api/2.0/mlflow/runs/create")
    assert answer.json()["error_code"] == "UNAUTHENTICATED"
    assert "needs a token" in answer.json()["message"]


def test_the_identity_is_found_from_a_scope(access: Access) -> None:
    scope: dict[str, Any] = {"headers": [(b"authorization", f"Bearer {JOB}".encode())]}
    assert access.identify(scope) == Identity("job", {"drivetrain.build_id": "7"}, 7)


def test_the_token_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "token"
    token = read_or_make(path)
    assert len(token) == 43
    assert is_private(path)
    assert read_or_make(path) == token == read(path)
    assert [found.name for found in path.parent.iterdir()] == ["token"]
    path.chmod(0o644)
    assert not is_private(path)


def test_a_token_file_without_a_token_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("short\n")
    with pytest.raises(CorruptError, match="holds no token"):
        read_or_make(tmp_path / "token")
    with pytest.raises(UnavailableError, match="cannot use"):
        read_or_make(tmp_path / "token" / "x")


READER, MANAGER, OF_PROJECT = "r" * 43, "m" * 43, "p" * 43
PERSONAL = {
    READER: Identity("user", token="reader", read_only=True),
    MANAGER: Identity("user", token="manager"),
    OF_PROJECT: Identity("job", {"drivetrain.project": "Wine"}, token="of a project"),
}


@pytest.fixture
def personal() -> Client:
    return client_of(Access(TOKEN, port=8674, job=job, personal=PERSONAL.get))


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (READER, "GET", "/api/v1/runs", 200),
        (READER, "GET", "/mlflow/", 200),
        (READER, "POST", "/api/v1/runs", 403),
        (READER, "DELETE", "/api/v1/runs/1", 403),
        (MANAGER, "POST", "/api/v1/runs", 200),
        (MANAGER, "POST", "/mlflow/api/2.0/mlflow/runs/create", 200),
        (MANAGER, "GET", "/", 403),
        (MANAGER, "GET", "/runs/1", 403),
        (MANAGER, "POST", "/api/v1/sign-in-links", 403),
        (MANAGER, "GET", "/api/v1/tokens", 403),
        (MANAGER, "POST", "/api/v1/tokens", 403),
        (MANAGER, "DELETE", "/api/v1/tokens/reader", 403),
        (MANAGER, "GET", "/api/v1x", 403),
        (OF_PROJECT, "GET", "/mlflow/", 200),
        (OF_PROJECT, "GET", "/api/v1/runs", 403),
        (OF_PROJECT, "GET", "/", 403),
    ],
)
def test_a_personal_token_opens_what_it_is_for(
    personal: Client, token: str, method: str, path: str, status: int
) -> None:
    answer = personal.request(method, path, headers=bearer(token))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["hint"]


def test_a_personal_token_does_not_sign_in(personal: Client) -> None:
    assert personal.post("/login", data={"token": MANAGER}).status_code == 401
    assert personal.post("/login", data={"token": TOKEN}).status_code == 303
