"""A host's API for tests: a real HTTP server with the state of one repository, which every kind of host shows in its
own shapes. It can be told to refuse, to be slow down, to be gone and to come back.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.source.events import PullRequest
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import HostKind

TOKEN = "tok-0123456789-secret"
ME = "drivetrain-bot"


class Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def json(self) -> Any:
        return json.loads(self.body)


class Reply(NamedTuple):
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


@dataclass
class Hook:
    url: str
    secret: str
    events: list[str]


@dataclass
class Comment:
    id: str
    author: str
    text: str


@dataclass
class State:
    """One repository, in nobody's words."""

    name: str = "acme/churn"
    branch: str = "main"
    private: bool = True
    admin: bool = True
    refs: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)
    hooks: dict[str, Hook] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    """sha, name, state (the host's word), title, url."""
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    pinged: list[str] = field(default_factory=list)
    made: int = 100

    def id(self) -> str:
        self.made += 1
        return str(self.made)


def _written(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class FakeHost(ABC):
    """The server. What a subclass gives: its kind, where its API is, and its answers."""

    kind: ClassVar[HostKind]
    prefix: ClassVar[str] = ""
    """What the API's address has behind the port."""
    tells_base: ClassVar[bool] = True
    """Whether a pull request says where its target is."""
    tells_fork: ClassVar[bool] = True
    """Whether a pull request from a fork says where that is."""
    tells_refs: ClassVar[bool] = True
    """Whether it tells of every ref what git would tell."""

    def __init__(self) -> None:
        self.state = State()
        self.requests: list[Request] = []
        self.refusals: deque[Reply] = deque()
        """What is answered before anything else, each once."""
        self.outage: Reply | None = None
        """What everything is answered with while it is set."""
        self.after: Callable[[Request], None] = lambda _: None
        """Called when a request was carried out, before it is answered."""
        self.lost: Callable[[Request], bool] = lambda _: False
        """Which requests are carried out and never answered, as when who asked was killed meanwhile."""
        self.wrong: list[str] = []
        """Requests that were not as documented: a test looks at the end."""
        self.repositories: Path | None = None
        """A folder with bare repositories, which are served by git's own http-backend below `/git/`."""
        self._lock = threading.RLock()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    @abstractmethod
    def credentials(self) -> Credentials:
        """Good ones."""

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """What the host says."""

    @abstractmethod
    def signed_in(self, request: Request) -> bool:
        """Whether the credentials are good."""

    def up(self) -> None:
        """Be there, at the same port as before."""
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                if self.path.startswith("/git/"):
                    self._git(request)
                    return
                reply = host.handle(request)
                if host.lost(request):
                    self.close_connection = True
                    return
                body = b"" if reply.body is None else _written(reply.body)
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                if reply.status not in {204, 304}:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _git(self, request: Request) -> None:
                status, headers, body = git_answer(host.repositories, request)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - names of the standard library

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the standard library
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def down(self) -> None:
        """Be gone: nobody listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def handle(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self.outage:
                return self.outage
            if self.refusals:
                return self.refusals.popleft()
            try:
                reply = self.answer(request) if self.signed_in(request) else Reply(401, {"message": "Bad credentials"})
            except AssertionError as error:
                self.wrong.append(f"{request.method} {request.target}: {error}")
                return Reply(500, {"message": str(error)[:500]})
        self.after(request)
        return reply

    def asked(self, method: str, part: str = "") -> list[Request]:
        """The requests so far, of a method and with a text in their address."""
        return [each for each in self.requests if each.method == method and part in each.target]


def git_answer(root: Path | None, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
    """What git's http-backend says: https://git-scm.com/docs/git-http-backend"""
    assert root is not None
    place = urlsplit(request.target)
    asked = {name.lower(): value for name, value in request.headers.items()}
    environment = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": unquote(place.path).removeprefix("/git"),
        "QUERY_STRING": place.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": asked.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": asked.get("content-encoding", ""),
        "GIT_PROTOCOL": asked.get("git-protocol", ""),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(["git", "http-backend"], input=request.body, env=environment, capture_output=True, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in head.decode().split("\r\n"))
    ]
    status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
    return status, [each for each in headers if each[0] != "Status"], body
