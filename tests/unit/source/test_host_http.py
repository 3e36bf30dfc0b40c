"""What the base of all clients does beside what the contract of hosts says."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.source.hosts import http
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.hosts.http import Api, part
from drivetrain.source.hosts.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def answering() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that says what the list holds, whatever it is asked, and closes."""
    said: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                for each in said:
                    try:
                        connection.sendall(each)
                    except OSError:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", said
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def api(base: str) -> Api:
    return Api(base, dict)


@pytest.mark.parametrize(
    "base", ["", "api.github.com", "ftp://x", "https://user:secret@x", "https://x?a=b", "https://x#y", "file:///etc"]
)
def test_only_plain_addresses_are_apis(base: str) -> None:
    with pytest.raises(UserError, match="not the address of an API"):
        api(base)


def test_an_answer_without_an_end_is_cut_off(
    answering: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, said = answering
    monkeypatch.setattr(http, "LARGEST", 1 << 20)
    said += [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 64]
    with pytest.raises(UnavailableError, match="more than 1 MiB"):
        api(base).get("/x", "look")


def test_an_answer_that_drips_is_cut_off(answering: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    base, said = answering
    monkeypatch.setattr(http, "LONGEST", 0.0)
    said += [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"x" * 9]
    with pytest.raises(UnavailableError, match="did not finish its answer"):
        api(base).get("/x", "look")


@pytest.mark.parametrize("body", [b"<html>Sign in to the proxy</html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_told(answering: tuple[str, list[bytes]], body: bytes) -> None:
    base, said = answering
    said += [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body]
    with pytest.raises(UnavailableError, match="not JSON"):
        api(base).get("/x", "look")


def test_redirects_have_an_end(answering: tuple[str, list[bytes]]) -> None:
    base, said = answering
    said += [f"HTTP/1.1 302 Found\r\nLocation: {base}/y\r\nContent-Length: 0\r\n\r\n".encode()]
    with pytest.raises(UserError, match="sends elsewhere"):
        api(base).get("/x", "look")


def test_a_stranger_with_a_certificate_of_his_own_is_not_talked_to(answering: tuple[str, list[bytes]]) -> None:
    base, said = answering
    said += [b"no TLS here"]
    with pytest.raises(UnavailableError, match="cannot be reached"):
        api(base.replace("http:", "https:")).get("/x", "look")


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "17"}, 17),
        (429, {"Retry-After": "Thu, 26 Nov 2026 09:02:00 GMT"}, 120),
        (429, {"Retry-After": "soon"}, 60),
        (429, {}, 60),
        (429, {"Retry-After": "999999"}, 7200),
        (429, {"Retry-After": "Thu, 26 Nov 2020 09:02:00 GMT"}, 1),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 300)}, 300),
        (429, {"RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30),
        (503, {"Retry-After": "5"}, 5),
    ],
)
def test_how_long_a_limit_is_waited_for(status: int, headers: dict[str, str], wait: float) -> None:
    error = refusal("host", "look", status, headers, b"", NOW)
    assert isinstance(error, RateLimitedError)
    assert error.wait_seconds == pytest.approx(wait)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, b'{"message": "You have exceeded a secondary rate limit"}', RateLimitedError, "less often"),
        (403, b'{"message": "nope"}', UserError, "does not let the credentials look: nope"),
        (404, b"", NotFoundError, "nothing there to look"),
        (401, b'{"error": "invalid_token", "error_description": "expired"}', UserError, "does not take"),
        (422, b'{"message": "Failed", "errors": [{"message": "a"}, "b", 3]}', UserError, "422: Failed (a)"),
        (400, b'{"error": {"message": "bad"}}', UserError, ": bad"),
        (400, b'{"message": {"base": ["x"]}}', UserError, "base: "),
        (400, b"[[[", UserError, "it answered 400"),
        (500, b"<html>", UnavailableError, "answered 500"),
    ],
)
def test_what_refusals_mean(status: int, body: bytes, kind: type[Exception], words: str) -> None:
    error = refusal("host", "look", status, {}, body, NOW)
    assert type(error) is kind
    assert words in str(error)


def test_a_right_that_github_names_is_told() -> None:
    headers = {"X-Accepted-GitHub-Permissions": "statuses=write"}
    assert refusal("host", "look", 403, headers, b"", NOW, right="other").hint == "they need the right: statuses=write"


@pytest.mark.parametrize(
    ("text", "path"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), (".", "%2E"), ("a?b#c", "a%3Fb%23c"), ("é", "%C3%A9")]
)
def test_nothing_leaves_its_part_of_a_path(text: str, path: str) -> None:
    assert part(text) == path
