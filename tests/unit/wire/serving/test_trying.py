from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.serve.model import Endpoint, Status
from drivetrain.view.serving.ports import MOST_ANSWERED, MOST_ASKED
from drivetrain.wire.serving.trying import TryFront

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.view.serving.ports import Answered

KEY = "k3y"


class Handler(BaseHTTPRequestHandler):
    """Answers as its server was told; keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Front

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.server.hold.wait()
        self.send_response(self.server.status)
        self.send_header("azureml-model-deployment", "green")
        self.send_header("x-ms-request-id", "r-1")
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Front(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body = 200, b"[1]"
        self.hold = threading.Event()
        self.hold.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def front() -> Iterator[Front]:
    with Front() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.hold.set()
        server.shutdown()
        thread.join()


def trying(url: str, seconds: float = 30.0, *, runs: bool = True) -> TryFront:
    def get(name: str) -> Endpoint:
        if name != "shop":
            raise NotFoundError(f"there is no endpoint {name!r}")
        return Endpoint(name)

    fronts: Any = SimpleNamespace(status=lambda _name: Status(1, 1, url, "") if runs else None)
    endpoints: Any = SimpleNamespace(get=get)
    return TryFront(endpoints, fronts, lambda _endpoint: KEY, seconds)


def ask(front: Front, **more: Any) -> Answered:
    return trying(front.url, **more)("shop", b'{"a": 1}', "green")


def test_it_asks_as_a_caller_with_the_key_does(front: Front) -> None:
    answer = ask(front)
    assert (answer.status, answer.body, answer.deployment, answer.request_id) == (200, "[1]", "green", "r-1")
    assert answer.seconds > 0
    path, headers, body = front.asked[0]
    assert (path, body) == ("/score", b'{"a": 1}')
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["azureml-model-deployment"] == "green"


def test_an_error_is_an_answer_too(front: Front) -> None:
    front.status, front.body = 424, b"\xff<b>"
    answer = ask(front)
    assert (answer.status, answer.body) == (424, "\ufffd<b>")


def test_a_long_answer_is_cut(front: Front) -> None:
    front.body = b"x" * (MOST_ANSWERED + 10)
    answer = ask(front)
    assert (len(answer.body), answer.cut) == (MOST_ANSWERED, True)
    front.body = b"x" * MOST_ANSWERED
    assert not ask(front).cut


def test_who_does_not_answer_is_not_waited_for(front: Front) -> None:
    front.hold.clear()
    answer = ask(front, seconds=0.05)
    assert (answer.status, answer.problem) == (0, "there was no answer within 0.05 s")


def test_who_is_not_there_is_told(front: Front) -> None:
    assert "does not run" in trying(front.url, runs=False)("shop", b"{}").problem
    assert "no answer" in trying("http://127.0.0.1:1")("shop", b"{}").problem


def test_too_much_is_not_asked(front: Front) -> None:
    with pytest.raises(UserError, match="too many"):
        trying(front.url)("shop", b"x" * (MOST_ASKED + 1))
    with pytest.raises(NotFoundError):
        trying(front.url)("other", b"{}")
    assert front.asked == []
