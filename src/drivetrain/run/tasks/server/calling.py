"""One call over HTTP: with the authorization of a generic service connection, and an end after 20 seconds.

No redirect is followed: headers may hold the job's token, which is for the API that was named.
"""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from drivetrain.errors import UnavailableError, UserError
from drivetrain.lang.values import canonical, caseless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.lang.values import Value
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.watch import Watch

SECONDS = 20.0
"""How long an API has to answer. https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/invoke-rest-api-v1"""
MOST_BYTES = 2 << 20
_GOOD = range(200, 300)


class NoAnswerError(UnavailableError):
    """The API did not answer, or not in time."""


class Request(NamedTuple):
    """What is asked, and of whom."""

    connection: Connection
    method: str
    suffix: str
    headers: Mapping[str, str]
    body: str

    @property
    def url(self) -> str:
        """The connection's URL with the suffix put at its end, as it is."""
        return self.connection.url + self.suffix


class Answer(NamedTuple):
    """What came back."""

    code: int
    reason: str
    text: str

    @property
    def succeeded(self) -> bool:
        """Whether its status is one of success."""
        return self.code in _GOOD

    def json(self) -> Value:
        """What it holds, its members found in any case. Raises UserError when it is not JSON."""
        try:
            found: Any = msgspec.json.decode(self.text.encode())
        except (msgspec.MsgspecError, RecursionError) as error:
            raise UserError(
                f"The response is not JSON, which successCriteria needs: {error}", hint="leave successCriteria out"
            ) from error
        return caseless(canonical(found))


def headers_of(text: str) -> dict[str, str]:
    """The headers of an input: a JSON object of texts. Raises UserError."""
    if not text:
        return {}
    try:
        found = msgspec.json.decode(text.encode("utf-8", "surrogateescape"), type=dict[str, str | int | float | bool])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"headers is not a JSON object of texts: {error}", hint='write {"Content-Type": "application/json"}'
        ) from error
    headers = {name: value if isinstance(value, str) else str(value).lower() for name, value in found.items()}
    for name, value in headers.items():
        if not name.isascii() or not name.isprintable() or set(name) & set(' :"') or not _is_value(value):
            raise UserError(f"headers has {name[:100]!r}, which cannot be a header, or has a value that cannot")
    return headers


def _is_value(value: str) -> bool:
    return value.isascii() and value.isprintable()


def call(request: Request, watch: Watch) -> Answer:
    """Ask, and wait for the whole answer. Raises NoAnswerError; UserError when the URL is none."""
    import httpx  # noqa: PLC0415 - a runner without such a step starts without it

    until = time.monotonic() + SECONDS
    headers = {**_authorization(request.connection), **request.headers}
    untrusted = _value(request.connection.data, "acceptuntrustedcerts").lower() == "true"
    try:
        with (
            httpx.Client(timeout=SECONDS, verify=not untrusted) as client,
            client.stream(request.method, _checked(request.url), headers=headers, content=request.body or None) as got,
        ):
            return Answer(got.status_code, got.reason_phrase, _read(got, until, watch))
    except httpx.InvalidURL as error:
        raise UserError(f"{request.url} is not a URL: {error}") from error
    except httpx.TimeoutException as error:
        raise NoAnswerError(_late(request.url)) from error
    except httpx.HTTPError as error:
        raise NoAnswerError(f"{request.url} cannot be called: {str(error) or type(error).__name__}") from error


def _late(url: object) -> str:
    return f"{url} did not answer within {SECONDS:g} seconds."


def _checked(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        raise UserError(f"{url[:200]!r} is not a URL of http or https", hint="check the service connection's URL")
    return url


def _read(got: Any, until: float, watch: Watch) -> str:
    """The answer's text, in parts: an API that sends a byte now and then must not go on for ever."""
    parts: list[bytes] = []
    size = 0
    for part in got.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > until or watch.stop() is not None:
            raise NoAnswerError(_late(got.url))
        if size > MOST_BYTES:
            raise NoAnswerError(f"{got.url} answers with more than {MOST_BYTES} bytes.")
    return b"".join(parts).decode("utf-8", "replace")


def _authorization(connection: Connection) -> dict[str, str]:
    """Of a user with a password, or of a token; the step's own header `Authorization` comes before it."""
    scheme = connection.scheme.lower()
    if scheme == "token":
        return {"authorization": f"Bearer {_value(connection.parameters, 'apitoken')}"}
    user, password = _value(connection.parameters, "username"), _value(connection.parameters, "password")
    if not user and not password:
        return {}
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def _value(found: Mapping[str, str], name: str) -> str:
    return next((value for key, value in found.items() if key.lower() == name), "")
