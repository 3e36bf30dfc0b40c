"""Requests to a host's API, the same for every host: bounded, and the credentials go nowhere else.

What a host is called, how it signs in and which addresses it has is for its client (github.py and its neighbours).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx
import msgspec

from drivetrain.clock import SystemClock
from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.source.hosts.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.clock import Clock

    Query = Mapping[str, str | int]

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
LONGEST = 60.0
"""Seconds for a whole answer: one that drips byte by byte would otherwise hold its thread for ever."""
LARGEST = 16 << 20
"""Bytes of an answer. A page of a hundred pull requests has about two million."""
PAGE_SIZE = 100
MOST_PAGES = 50
REDIRECTS = 3
NOT_MODIFIED, ERRORS = 304, 400
_KEPT_METHOD = frozenset({307, 308})
_MOVED = frozenset({301, 302, *_KEPT_METHOD})
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""Asking twice is the same as asking once: https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods"""


class Answer(NamedTuple):
    """What came back. Names of headers may be in any case: the mapping does not mind."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str

    def json(self) -> Any:
        """The body; None for an empty one. Raises UnavailableError when it is not JSON: some proxy has answered."""
        try:
            return msgspec.json.decode(self.body) if self.body.strip() else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            place = urlsplit(self.url).hostname
            raise UnavailableError(
                f"{place} answered something that is not JSON", hint="is the address that of its API?"
            ) from None


def part(text: str) -> str:
    """A text as one part of a path: what it holds cannot leave its place."""
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if text in {".", ".."} else quoted


def linked(answer: Answer) -> str:
    """Where the next page is, by the header `Link`; empty behind the last."""
    links = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links
    return links.get("next", {}).get("url", "")


class Api:
    """A host's API at its base address, with credentials. Any thread may call it.

    Every call raises RateLimitedError, UnavailableError, NotFoundError or UserError, as the port `Host` says.
    """

    def __init__(
        self,
        base: str,
        headers: Callable[[], Mapping[str, str]],
        *,
        secrets: tuple[str, ...] = (),
        clock: Clock | None = None,
    ) -> None:
        """`headers` gives those of every request, the credentials among them; `secrets` never reach a message."""
        url = urlsplit(base)
        if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
            raise UserError(f"{base!r} is not the address of an API", hint="such as https://api.github.com")
        self.base = base.rstrip("/")
        self.host = url.netloc
        self._origin = (url.scheme, url.netloc)
        self._headers = headers
        self._secrets = secrets
        self._clock = clock or SystemClock()
        # Proxies and authorities of the environment count, as for git; cookies and .netrc never do. No connection is
        # kept: there are minutes between two answers, and hosts close one that is idle just when it is used.
        # Authorities are read (for long) where there is TLS: no request ever leaves the scheme of the base.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=TIMEOUT, limits=limits, verify=url.scheme == "https")

    def get(self, path: str, what: str, *, right: str = "", query: Query | None = None) -> Any:
        """The JSON at a path below the base. `what` says for people what is done, `right` what it needs."""
        return self.send("GET", path, what, right=right, query=query).json()

    def post(self, path: str, what: str, body: object, *, right: str = "") -> Any:
        """Send JSON, and take the JSON of the answer. Never sent twice."""
        return self.send("POST", path, what, right=right, body=body).json()

    def patch(self, path: str, what: str, body: object, *, right: str = "") -> Any:
        """As `post`."""
        return self.send("PATCH", path, what, right=right, body=body).json()

    def put(self, path: str, what: str, body: object, *, right: str = "") -> Any:
        """As `post`; sent again when the connection breaks."""
        return self.send("PUT", path, what, right=right, body=body).json()

    def delete(self, path: str, what: str, *, right: str = "") -> None:
        """Take it away. What is not there is fine."""
        try:
            self.send("DELETE", path, what, right=right)
        except NotFoundError:
            return

    def pages(
        self,
        path: str,
        what: str,
        *,
        right: str = "",
        following: Callable[[Answer], str] = linked,
        most: int = MOST_PAGES,
        query: Query | None = None,
    ) -> Iterator[Any]:
        """The JSON of every page, `most` at most. `following` gives the address of the next one."""
        answer = self.send("GET", path, what, right=right, query=query)
        yield answer.json()
        for _ in range(most - 1):
            if not (address := following(answer)):
                return
            answer = self.send("GET", self._within(urljoin(answer.url, address)), what, right=right)
            yield answer.json()

    def send(
        self,
        method: str,
        path: str,
        what: str,
        *,
        right: str = "",
        query: Query | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, with everything that is seldom needed. An answer 304 comes back as it is."""
        url = path if path.startswith(self.base) else self.base + path
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        content = None if body is None else msgspec.json.encode(body)
        heads = {**self._headers(), **({} if content is None else {"Content-Type": "application/json"})}
        answer = self._followed(method, url, {**heads, **(headers or {})}, content, what)
        if answer.status < ERRORS:
            return answer
        error = refusal(self.host, what, answer.status, answer.headers, answer.body, self._clock.now(), right=right)
        error.message = self._without_secrets(error.message)
        error.args = (error.message,)
        raise error

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _within(self, url: str) -> str:
        """The URL, when it is of this API. Raises UserError: credentials go nowhere else."""
        there = urlsplit(url)
        if (there.scheme, there.netloc) != self._origin:
            raise UserError(
                f"{self.host} points to {there.hostname}, which is not given the credentials",
                hint="has the repository moved? connect it anew",
            )
        return url

    def _followed(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, what: str) -> Answer:
        """The answer at the end of redirects, such as those of a repository that was renamed."""
        for _ in range(REDIRECTS + 1):
            answer = self._repeated(method, url, headers, body)
            location = answer.headers.get("location", "")
            if answer.status not in _MOVED or not location or not (method == "GET" or answer.status in _KEPT_METHOD):
                break
            url = self._within(urljoin(url, location))
        if answer.status in _MOVED:
            raise UserError(f"{self.host} sends elsewhere to {what}", hint="has the repository moved? connect it anew")
        return answer

    def _repeated(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Once more when the connection broke, where that does no harm."""
        for last in (method not in _REPEATABLE, True):
            try:
                return self._asked(method, url, headers, body)
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.TimeoutException):
                    words = self._without_secrets(str(error)) or type(error).__name__
                    raise UnavailableError(
                        f"{self.host} cannot be reached: {words}", hint="it is tried again later"
                    ) from None
            except httpx.InvalidURL:
                raise UserError(f"{self.host} has no such address", hint="look at the link of the project") from None
        raise AssertionError

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        begun, content = time.monotonic(), bytearray()
        with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise UnavailableError(f"{self.host} answered more than {LARGEST >> 20} MiB")
                if time.monotonic() - begun > LONGEST:
                    raise UnavailableError(f"{self.host} did not finish its answer in {round(LONGEST)} s")
        self._client.cookies.clear()
        return Answer(response.status_code, response.headers, bytes(content), url)
