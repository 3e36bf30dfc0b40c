"""MLflow behind our authentication: an ASGI application, mounted at a prefix such as /mlflow.

every request  ->  who is it?  ->  a plainly valid hot write?  ->  journalled, acknowledged
                    nobody: 401     else: what was acknowledged is brought to MLflow first, then MLflow answers
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.hosting import PRIVATE_PATHS
from drivetrain.record.tracking.model import PROJECT_TAG, REPRODUCES
from drivetrain.record.tracking.writes import MAX_BODY, named_run, parse
from drivetrain.view.api.mlflow import rules
from drivetrain.view.api.mlflow.asgi import Body, DisconnectedError, TooLargeError, answer, header, refuse
from drivetrain.view.api.mlflow.isolation import Isolation
from drivetrain.view.api.mlflow.links import LINKS
from drivetrain.view.api.mlflow.old_clients import needs_folders, with_folders
from drivetrain.view.api.mlflow.ownership import Ownership, project_in
from drivetrain.view.api.mlflow.proxy import METHODS, exchange, relay, request_target, response_headers
from drivetrain.view.api.mlflow.registering import changes_registry, gives_alias, registration
from drivetrain.view.api.mlflow.tagging import forbidden_tag, with_run_tags

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import httpx

    from drivetrain.record.tracking.ports import Registrations
    from drivetrain.record.tracking.service import Tracking
    from drivetrain.view.api.mlflow.asgi import Receive, Scope, Send
    from drivetrain.view.api.mlflow.isolation import Reshape
    from drivetrain.view.api.mlflow.links import Links
    from drivetrain.view.api.mlflow.ports import Authenticate, Identity

_MAX_BUFFERED = 8_000_000
_MAX_OTHER = 64_000_000
_JSON = [(b"content-type", b"application/json")]
_BEARER = [(b"www-authenticate", b'Bearer realm="drivetrain"')]


class MlflowFront:
    """The application. `tracking` is started and stopped by whoever made it, or by the lifespan events."""

    def __init__(self, tracking: Tracking, authenticate: Authenticate, ownership: Ownership | None = None) -> None:
        self._tracking = tracking
        self._authenticate = authenticate
        self._isolation = Isolation(ownership or Ownership(tracking))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI event stream."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._tracking.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._tracking.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        identity = self._authenticate(scope)
        if identity is None:
            words = "this needs a token: set MLFLOW_TRACKING_TOKEN, or open the page with `drivetrain open`"
            await refuse(send, 401, "UNAUTHENTICATED", words, _BEARER)
            return
        call = _Call(self._tracking, self._isolation, identity, scope, Body(receive), send)
        try:
            await call.answer()
        except DisconnectedError:
            return
        except TooLargeError:
            await refuse(send, 413, "INVALID_PARAMETER_VALUE", "the body is larger than this request may be")
        except UnavailableError as error:
            words = f"{error.message} ({error.hint})" if error.hint else error.message
            await refuse(send, 503, "TEMPORARILY_UNAVAILABLE", words)


class _Call:
    """One request of somebody who may come in."""

    def __init__(
        self, tracking: Tracking, isolation: Isolation, identity: Identity, scope: Scope, body: Body, send: Send
    ) -> None:
        self._tracking = tracking
        self._isolation = isolation
        self._links: Links | None = scope.get(LINKS)
        self._reshape: Reshape | None = None
        self._told: Callable[..., None] | None = None
        """Is to hear whether MLflow has done it."""
        self._identity = identity
        self._scope = scope
        self._body = body
        self._send = send
        self._method: str = scope["method"]
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        self._path = rules.canonical(path)
        self._bare = not path

    async def answer(self) -> None:
        operation = rules.hot_operation(self._path)
        if self._method not in METHODS:
            await refuse(self._send, 405, "INVALID_PARAMETER_VALUE", f"no {self._method} here")
        elif rules.climbs(self._path):
            await refuse(self._send, 400, "INVALID_PARAMETER_VALUE", "a path here has no '.' or '..' in it")
        elif self._path.startswith(PRIVATE_PATHS):
            await refuse(self._send, 404, "ENDPOINT_NOT_FOUND", "no such page")
        elif self._bare:
            home = self._scope.get("root_path", "").encode() + b"/"
            await answer(self._send, 308, b"", [(b"location", home)])
        elif self._identity.read_only and not rules.only_reads(self._method, self._path):
            await refuse(self._send, 403, "PERMISSION_DENIED", "this token is for reading only")
        elif operation is not None and self._method == "POST":
            await self._write(operation)
        elif await self._closed():
            pass
        elif changes_registry(self._method, self._path) and self._tracking.registrations is not None:
            await self._register(self._tracking.registrations)
        elif rules.speaks_of_one_run(self._path) and self._method != "GET":
            await self._about_one_run()
        else:
            await self._pass_on(hold=rules.may_change_known(self._method, self._path))

    async def _write(self, operation: str) -> None:
        """A hot write, if it is plainly one; else MLflow says what it is."""
        whole = await self._body.read(MAX_BODY)
        if whole and header(self._scope, b"content-type").startswith(b"application/json"):
            if await self._forbidden():
                return
            write = parse(operation, self._body.head)
            if write is not None and await self._is_ours(write.run_id) and await self._tracking.accept(write):
                await answer(self._send, 200, b"{}", _JSON)
                return
        if not await self._closed():
            await self._about_one_run()

    async def _is_ours(self, run_id: str) -> bool:
        """Whether a hot write to this run is known to be allowed; else the long way says why not."""
        if self._identity.kind != "job":
            return True
        owner = self._isolation.ownership.known_run(run_id)
        if owner is None:
            owner = await self._isolation.ownership.of_run(run_id)
        return owner == self._identity.project

    async def _closed(self) -> bool:
        """Whether this was refused because it is about what belongs to another project."""
        if self._identity.kind != "job":
            return False
        restricted = self._identity.restricted
        if restricted and (
            self._isolation.registers(self._method, self._path) or changes_registry(self._method, self._path)
        ):
            words = "a pull request from a fork registers no models, and gives no aliases"
            await refuse(self._send, 403, "PERMISSION_DENIED", words)
            return True
        if self._isolation.reads_body(self._method, self._path) and not await self._body.read(_MAX_BUFFERED):
            raise TooLargeError
        if self._links is not None and rules.may_name_artifacts(self._path) and await self._body.read(_MAX_BUFFERED):
            self._body.head = self._links.inward(self._body.head)  # what is judged is what MLflow will read
        query = self._scope.get("query_string", b"")
        verdict = await self._isolation.verdict(
            self._identity.project, self._method, self._path, query, self._body.head
        )
        if verdict.reason:
            await refuse(self._send, 403, "PERMISSION_DENIED", verdict.reason)
            return True
        self._body.head = self._body.head if verdict.body is None else verdict.body
        self._reshape = verdict.reshape
        return False

    async def _about_one_run(self) -> None:
        """A request whose small body names a run, which may be changed by it."""
        if not await self._body.read(_MAX_BUFFERED):
            raise TooLargeError
        if await self._forbidden():
            return
        if rules.creates_run(self._method, self._path):
            await self._create()
            return
        run_id = named_run(self._body.head)
        hold = rules.may_change_known(self._method, self._path)
        one = run_id if rules.hot_operation(self._path) is not None else None
        await self._pass_on(hold=hold, run_id=one)
        if PROJECT_TAG.encode() in self._body.head:
            self._isolation.ownership.forget()
        if run_id is not None and self._path != "/api/2.0/mlflow/runs/search":
            await self._tracking.touched(run_id)

    async def _forbidden(self) -> bool:
        """Whether this was refused because it touches tags that are the server's."""
        if not rules.writes_tags(self._method, self._path):
            return False
        tag = forbidden_tag(self._body.head, self._identity)
        if tag is None:
            return False
        words = f"tag {tag!r} is set by Drivetrain; a job cannot change it. Use a name that does not begin so."
        await refuse(self._send, 403, "PERMISSION_DENIED", words)
        return True

    async def _create(self) -> None:
        """A new training run, tagged for its pipeline run; the answer teaches us that it is there."""
        response = await self._exchange(with_run_tags(self._body.head, self._identity))
        try:
            content = await response.aread()
            if response.is_success:
                await self._learn(content)
            await self._answer_whole(response)
        finally:
            await response.aclose()

    async def _answer_whole(self, response: httpx.Response) -> None:
        """MLflow's answer in one piece, in the words that this client understands."""
        content = await response.aread()
        if needs_folders(self._scope, self._path):
            content = with_folders(content, self._tracking.artifacts)
        if self._reshape is not None:
            content = await self._reshape(content)
        if self._links is not None:
            content = self._links.outward(content)
        headers = response_headers(response, self._scope, self._path)
        plain = [pair for pair in headers if pair[0] not in {b"content-length", b"content-encoding"}]
        await answer(self._send, response.status_code, content, plain)

    async def _learn(self, content: bytes) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            run = json.loads(content)["run"]
            run_id = str(run["info"]["run_id"])
            self._isolation.ownership.learn_run(run_id, project_in(run.get("data", {}).get("tags", [])))
            await self._tracking.created(run_id)

    async def _register(self, registrations: Registrations) -> None:
        """A version or an alias: it is kept who wants it, before MLflow has it, and looked at before it is told."""
        if not await self._body.read(_MAX_BUFFERED):
            raise TooLargeError
        if REPRODUCES in self._identity.run_tags and gives_alias(self._method, self._path):
            await answer(self._send, 200, b"{}", _JSON)  # the script is to go on; what it makes is for comparing only
            return
        query = self._scope.get("query_string", b"")
        wish = registration(self._method, self._path, query, self._body.head, self._identity)
        if wish is not None:
            note = await asyncio.to_thread(registrations.begin, wish)
            self._told = partial(registrations.end, note)
        await self._pass_on(hold=False)

    async def _pass_on(self, *, hold: bool, run_id: str | None = None) -> None:
        """Let MLflow answer, after it has everything that was acknowledged."""
        held: AbstractContextManager[None] = contextlib.nullcontext()
        if hold:
            held = await self._tracking.hold(run_id)
        with held:
            if rules.sees_runs(self._path):
                await self._tracking.flush()
            await self._relay()

    async def _relay(self) -> None:
        if self._links is not None and rules.may_name_artifacts(self._path):
            if not await self._body.read(_MAX_BUFFERED):
                raise TooLargeError
            self._body.head = self._links.inward(self._body.head)
        limit = None if rules.takes_any_size(self._path) else _MAX_OTHER
        has_body = not self._body.whole and _announces_body(self._scope)
        response = await self._exchange(None if has_body else self._body.head, limit)
        try:
            if self._told is not None:
                await asyncio.to_thread(self._told, done=response.is_success)
            if self._is_translated():
                await self._answer_whole(response)
            else:
                await relay(response, self._send, response_headers(response, self._scope, self._path))
        finally:
            await response.aclose()

    def _is_translated(self) -> bool:
        """Whether the answer is changed on its way."""
        links = self._links is not None and rules.may_name_artifacts(self._path)
        return links or self._reshape is not None or needs_folders(self._scope, self._path)

    async def _exchange(self, body: bytes | None, limit: int | None = None) -> httpx.Response:
        client = await self._tracking.client()
        content = self._body.stream(limit) if body is None else body
        return await exchange(client, self._scope, content, target=request_target(self._scope))


def _announces_body(scope: Scope) -> bool:
    return any(key in {b"content-length", b"transfer-encoding"} for key, _ in scope["headers"])
