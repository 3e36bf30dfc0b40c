"""Who may come in: the guard around everything that the server answers.

no token or session              401, with the way in
the owner's token, or a session  everything
a personal access token          our own API, /mlflow and the Azure DevOps API, as far as it goes
a job's token                    /mlflow, and its own project in the Azure DevOps API
an unknown host name             421: a page of another site that has made its name point here (DNS rebinding)
a change that another site asks  403
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import secrets
import time
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from drivetrain.view.api.devops.paths import is_devops
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.sign_in import sign_in_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LINK_SECONDS = 600.0
SESSION_SECONDS = 30 * 24 * 3600.0
MAX_FORM_BYTES = 4096
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})
OWNER = Identity("user")
API = "/api/v1"
LOGIN, LOGOUT, LINKS, TOKENS = "/login", "/logout", f"{API}/sign-in-links", f"{API}/tokens"


class Access:
    """Knows the tokens, sessions and one-time links of one server; used from its event loop only."""

    def __init__(
        self,
        token: str,
        *,
        names: Collection[str] = (),
        port: int = 0,
        secure: bool = False,
        job: Callable[[str], Identity | None] = lambda _: None,
        personal: Callable[[str], Identity | None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`names` are host names that the server answers to besides localhost and addresses; `port` tells sessions of
        several servers on one machine apart (cookies do not); `secure` when people come by https.
        """
        self._token = token.encode()
        self._key = hmac.digest(self._token, b"drivetrain session", "sha256")
        self._names = LOOPBACK_NAMES | {name.lower().rstrip(".") for name in names if name}
        self._cookie = f"drivetrain_session_{port}"
        self._secure = secure
        self._job = job
        self._personal = personal
        self._clock = clock
        self._links: dict[str, float] = {}

    def new_link(self) -> str:
        """The path of a one-time sign-in link, good for ten minutes."""
        now = self._clock()
        self._links = {digest: until for digest, until in self._links.items() if until > now}
        once = secrets.token_urlsafe(32)
        self._links[_digest(once)] = now + LINK_SECONDS
        return f"{LOGIN}?once={once}"

    def take_link(self, once: str) -> bool:
        """Whether the link is good; it is not any more afterwards. Only digests are kept and looked up."""
        return self._links.pop(_digest(once), 0.0) > self._clock()

    def new_session(self) -> str:
        """A cookie value that signs the owner in, also after a restart, until it expires or the token is changed."""
        body = f"{int(self._clock() + SESSION_SECONDS)}.{secrets.token_hex(8)}"
        return f"{body}.{self._sign(body)}"

    def identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Who sends a request: the Authorization header counts before the cookie; a wrong one is not helped by it."""
        given = token_of(scope)
        if given is not None:
            return self._by_token(given)
        return OWNER if self._is_session(_cookie(scope, self._cookie)) else None

    def _by_token(self, token: str) -> Identity | None:
        if not token:
            return None
        if hmac.compare_digest(token.encode("utf-8", "replace"), self._token):
            return OWNER
        return self._personal(token) or self._job(token)

    def _is_session(self, value: str) -> bool:
        body, _, signature = value.rpartition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode("utf-8", "replace")):
            return False
        until = body.partition(".")[0]
        return until.isdecimal() and int(until) > self._clock()

    def _sign(self, body: str) -> str:
        return hmac.digest(self._key, body.encode("utf-8", "replace"), "sha256").hex()

    def session_header(self, *, end: bool = False) -> tuple[bytes, bytes]:
        """The Set-Cookie header that signs in, or out."""
        value, age = ("", 0) if end else (self.new_session(), int(SESSION_SECONDS))
        secure = "; Secure" if self._secure else ""
        text = f"{self._cookie}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"
        return b"set-cookie", text.encode("ascii")

    def knows_host(self, netloc: str) -> bool:
        """Whether the Host header names this server: an address (no name can be made to point at us then), localhost,
        or a name from the settings. Any port: people forward them.
        """
        try:
            name = (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self._names or name.endswith(".localhost") or _is_address(name)

    def guard(self, app: Application) -> Application:
        """The application behind this guard."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._http(app, scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await app(scope, receive, send)

        return guarded

    async def _http(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal:
            await _refuse(scope, send, *refusal)
        elif scope["path"] == LOGIN:
            await self._login(scope, receive, send)
        elif is_devops(scope["path"]):
            await app(scope, receive, send)  # which asks who it is itself: it knows more kinds of tokens
        elif scope["path"] == LOGOUT and scope["method"] == "POST":
            await _redirect(send, LOGIN, self.session_header(end=True))
        else:
            await self._signed_in(app, scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, str, str] | None:
        host = _header(scope, b"host")
        if not self.knows_host(host):
            hint = "use the address that `drivetrain status` shows, or set public_url"
            return 421, "unknown-host", f"this server does not answer to the name {host[:100]!r}", hint
        if scope["method"] not in SAFE_METHODS and not _same_origin(scope, host):
            return 403, "other-origin", "another site's page asked for this change", "use Drivetrain's own pages"
        return None

    async def _signed_in(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        identity = self.identify(scope)
        if identity is None:
            await _ask_to_sign_in(scope, send)
        elif identity is not OWNER and (refusal := _too_far(identity, scope)):
            await _refuse(scope, send, 403, *refusal)
        elif scope["path"] == LINKS and scope["method"] == "POST":
            await _answer(send, 200, "application/json", json.dumps({"path": self.new_link()}).encode())
        else:
            scope["drivetrain.identity"] = identity
            await app(scope, receive, send)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        target = _local_path(query.get("to", ["/"])[0])
        if scope["method"] == "POST":
            given = await _form_field(receive, "token")
            good = self._by_token(given.strip()) is OWNER
        elif scope["method"] == "GET" and "once" in query:
            good = self.take_link(query["once"][0])
        else:
            await _answer(send, 200, "text/html; charset=utf-8", sign_in_page("").encode())
            return
        if good:
            await _redirect(send, target, self.session_header())
            return
        word = "That is not the token of this server." if scope["method"] == "POST" else "That link was used or is old."
        await _answer(send, 401, "text/html; charset=utf-8", sign_in_page(word).encode())


def _too_far(identity: Identity, scope: Scope) -> tuple[str, str, str] | None:
    """Why a token that is not the owner's does not open this; None when it does. /mlflow looks closer itself."""
    path = scope["path"]
    if _is_below(path, "/mlflow"):
        return None
    if not identity.token:
        return "job-token", "a job's token opens /mlflow and the Azure DevOps API only", "use your own token"
    if identity.kind == "job":
        words = "a token for one project opens /mlflow and the Azure DevOps API only"
        return "project-token", words, "use one for all projects"
    if not _is_below(path, API) or path == LINKS or _is_below(path, TOKENS):
        words = "a personal access token opens no pages, and makes no other tokens"
        return "personal-token", words, "use the owner's own: the file `token` in the home folder"
    if identity.read_only and scope["method"] not in SAFE_METHODS:
        return "read-only-token", "this token is for reading only", "`drivetrain token create --scope manage`"
    return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    """The header's value; empty when it is missing, or there more than once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def token_of(scope: Mapping[str, Any]) -> str | None:
    """The token of a request's Authorization header; empty when it holds none, None when there is no such header."""
    given = _header(scope, b"authorization")
    return _bearer(given) if given else None


def _bearer(header: str) -> str:
    """The token of `Bearer TOKEN`; of `Basic` the password, as git and Azure DevOps clients send a token."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""


def _cookie(scope: Mapping[str, Any], name: str) -> str:
    try:
        morsel = SimpleCookie(_header(scope, b"cookie")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _same_origin(scope: Mapping[str, Any], host: str) -> bool:
    """Whether a change comes from our own pages, or from no browser: every browser names the origin of a POST.

    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    site = _header(scope, b"sec-fetch-site")
    if site not in {"", "same-origin", "none"}:
        return False
    origins = [value for key, value in scope["headers"] if key == b"origin"]
    return all(urlsplit(origin.decode("latin-1")).netloc == host for origin in origins)


def _local_path(target: str) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    plain = all(" " < character <= "~" for character in target) and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


async def _form_field(receive: Receive, name: str) -> str:
    body, more = b"", True
    while more and len(body) <= MAX_FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return parse_qs(body[:MAX_FORM_BYTES].decode("latin-1")).get(name, [""])[0]


async def _ask_to_sign_in(scope: Scope, send: Send) -> None:
    accepts_pages = "text/html" in _header(scope, b"accept")
    if accepts_pages and scope["method"] in SAFE_METHODS and not scope["path"].startswith("/api/"):
        await _answer(send, 401, "text/html; charset=utf-8", sign_in_page("").encode())
        return
    await _refuse(
        scope,
        send,
        401,
        "not-signed-in",
        "this needs a token",
        "send `Authorization: Bearer` and the text of the file `token` in the home folder; `drivetrain up` opens pages",
    )


async def _refuse(scope: Scope, send: Send, status: int, code: str, message: str, hint: str) -> None:
    unknown = status == HTTPStatus.UNAUTHORIZED
    body: dict[str, object] = {"error": {"code": code, "message": message, "hint": hint}}
    if _is_below(scope["path"], "/mlflow"):  # in the form that MLflow's clients show to people
        name = "UNAUTHENTICATED" if unknown else "PERMISSION_DENIED"
        body = {"error_code": name, "message": f"{message}; {hint}"}
    headers = [(b"www-authenticate", b"Bearer")] if unknown else []
    await _answer(send, status, "application/json", json.dumps(body).encode(), *headers)


async def _redirect(send: Send, target: str, *headers: tuple[bytes, bytes]) -> None:
    await _answer(send, 303, "text/plain", b"", (b"location", target.encode("ascii")), *headers)


async def _answer(send: Send, status: int, kind: str, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    own = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})
