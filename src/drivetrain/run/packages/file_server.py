"""Hands a task its secure files, as Azure's library for that asks the server for them: a small part of its API, on this
machine, for one step, and open to nobody without the job's own token and the file's ticket.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/securefiles
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILE = re.compile(r"(/[^/]+)?/_apis/distributedtask/securefiles/(?P<id>[0-9a-f-]{36})", re.IGNORECASE)
_ROUTE = "{project}/_apis/{area}/{resource}/{secureFileId}"
_AREAS = {
    "distributedtask": ("adcfd8bc-b184-43ba-bd84-7c8c6a2ff421", "securefiles", _ROUTE),
    "location": ("e81700f7-3be2-46de-8624-2eb35882fcaa", "ResourceAreas", "_apis/{resource}/{areaId}"),
}
_OPTIONS = re.compile(r"/_apis/(?P<area>\w+)", re.IGNORECASE)


class Handed(NamedTuple):
    """A file that the step may have."""

    id: str
    ticket: str
    content: bytes


class FileServer:
    """Serves in a thread of its own, from `url`, until it is closed."""

    def __init__(self, token: str, files: Iterable[Handed]) -> None:
        """`token` is the job's own. Raises OSError when there is no port."""
        self._server = _Server(token, {file.id.lower(): file for file in files})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What the task takes for the server's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self) -> None:
        """No request is answered any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, token: str, files: dict[str, Handed]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = token
        self.files = files


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_OPTIONS(self) -> None:
        """Where the resources of an area are: what clients of the API ask first."""
        found = _OPTIONS.fullmatch(urlsplit(self.path).path)
        area = found["area"].lower() if found else ""
        if self._is_known():
            resources = [_location(area)] if area in _AREAS else []
            self._json({"count": len(resources), "value": resources})

    def do_GET(self) -> None:
        """A file; or that there are no other servers."""
        parts = urlsplit(self.path)
        if not self._is_known():
            return
        if parts.path.lower() == "/_apis/resourceareas":
            self._json({"count": 0, "value": []})
            return
        found = _FILE.fullmatch(parts.path)
        file = self.server.files.get(found["id"].lower()) if found else None
        ticket = parse_qs(parts.query).get("ticket", [""])[0]
        if file is None or not hmac.compare_digest(ticket.encode(), file.ticket.encode()):
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such secure file for this step.")
            return
        self._answer(HTTPStatus.OK, "application/octet-stream", file.content)

    def _is_known(self) -> bool:
        """Whether it is the job that asks; who else does is sent away."""
        given = _token_of(self.headers.get("authorization", ""))
        known = bool(given) and hmac.compare_digest(given.encode(), self.server.token.encode())
        if not known:
            self._answer(HTTPStatus.UNAUTHORIZED, "text/plain", b"This needs the job's own token.")
        return known

    def _json(self, value: Any) -> None:
        self._answer(HTTPStatus.OK, "application/json", msgspec.json.encode(value))

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Nothing: a ticket stands in the path."""


def _location(area: str) -> dict[str, object]:
    identity, resource, route = _AREAS[area]
    return {
        "id": identity,
        "area": area,
        "resourceName": resource,
        "routeTemplate": route,
        "resourceVersion": 1,
        "minVersion": "1.0",
        "maxVersion": "7.2",
        "releasedVersion": "0.0",
    }


def _token_of(header: str) -> str:
    """As the library sends it: the password of `Basic`."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2] if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
