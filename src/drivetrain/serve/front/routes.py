"""What is where, who may, who answers, and what the answer's head says.

https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http#review-inference-server-routes
https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints#http-status-codes
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from drivetrain.serve.front.agreeing import agree
from drivetrain.serve.front.call import TEXT, Answer, Call, Identities
from drivetrain.serve.front.counts import is_error
from drivetrain.serve.front.openapi import document
from drivetrain.serve.front.pool import TIMED_OUT, TOO_MANY
from drivetrain.serve.front.served import MOST_COPIES
from drivetrain.serve.front.split import Split, mirrored
from drivetrain.serve.measures.model import Exchange
from drivetrain.serve.model import Speaks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.serve.front.access import Access
    from drivetrain.serve.front.served import Served
    from drivetrain.serve.measures.ports import Observer
    from drivetrain.serve.model import Endpoint

SCORE = b"/score"
INVOCATIONS = b"/invocations"
LIVE = b"/"
OPENAPI = b"/swagger.json"
METRICS = b"/metrics"
PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"
MOST_ID = 100
"""Characters of an id that a caller may give, as azureml-inference-server-http has it."""
OK = 200
MODEL_ERROR = 424
BEARER = b"www-authenticate: Bearer\r\n"


def problem(status: int, code: str, message: str, lines: bytes = b"") -> Answer:
    """An answer in the form of Azure's own errors."""
    body = msgspec.json.encode({"error": {"code": code, "message": message}})
    return Answer(status, body, lines=lines)


HEALTHY = Answer(OK, b"Healthy", TEXT)
UNAUTHORIZED = problem(401, "Unauthorized", "a key or a token of this endpoint is needed", BEARER)
NO_TRAFFIC = problem(404, "NotFound", "no deployment of this endpoint has traffic")
NO_PATH = problem(404, "NotFound", "there is nothing at this path; requests go to /score")
NOT_ALLOWED = problem(405, "MethodNotAllowed", "POST is what this path takes")
LONG_ID = problem(431, "BadRequest", f"ids of requests have at most {MOST_ID} characters")
BROKEN = problem(500, "InternalServerError", "the endpoint failed; its front.log says why")


class Routes:
    """Answers for one endpoint. `apply` says what it is; all else is called on the event loop for each request."""

    def __init__(self, metrics: Callable[[], bytes]) -> None:
        self._observer: Observer | None = None
        self._metrics = metrics
        self._ids = Identities()
        self._time = asyncio.get_running_loop().time
        self._access: Access
        self._served: Mapping[str, Served] = {}
        self._names: Mapping[bytes, Served] = {}
        self._split = Split({})
        self._mirror = Split({})
        self._has_mirror = False
        self._looks: set[asyncio.Task[None]] = set()

    def apply(
        self, endpoint: Endpoint, served: Mapping[str, Served], access: Access, observer: Observer | None
    ) -> None:
        """From now on it is so. The split goes on where it was when it is the same."""
        self._observer = observer
        self._access = access
        self._served = served
        self._names = {name.lower().encode(): each for name, each in served.items()}
        if self._split.shares != dict(endpoint.traffic):
            self._split = Split(endpoint.traffic)
        if self._mirror.shares != mirrored(endpoint.mirror).shares:
            self._mirror = mirrored(endpoint.mirror)
        self._has_mirror = any(endpoint.mirror.values())

    def has_traffic(self, name: str) -> bool:
        """Whether requests that name no deployment are led there."""
        return self._split.shares.get(name, 0) > 0

    def admits(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether it is not known yet that such a request is refused."""
        return self._access.known(headers.get(b"authorization", b"")) is not False

    def failed(self, call: Call) -> None:
        """It was our own fault."""
        call.answer(BROKEN)

    def handle(self, call: Call) -> None:
        """Answer a request, now or later."""
        call.reply = call.then
        call.then = _plainly
        call.id = self._ids()
        if call.path == LIVE:
            call.answer(HEALTHY)
            return
        header = call.headers.get(b"authorization", b"")
        allowed = self._access.known(header)
        if allowed:
            self._route(call)
        elif allowed is None:
            look = asyncio.create_task(self._look(call, header))
            self._looks.add(look)
            look.add_done_callback(self._looks.discard)
        else:
            call.answer(UNAUTHORIZED)

    async def _look(self, call: Call, header: bytes) -> None:
        if await self._access.look(header):
            self._route(call)
        else:
            call.answer(UNAUTHORIZED)

    def _route(self, call: Call) -> None:
        if any(len(call.headers.get(name, b"")) > MOST_ID for name in (b"x-request-id", b"x-ms-client-request-id")):
            call.answer(LONG_ID)
        elif call.path == METRICS:
            call.answer(Answer(OK, self._metrics(), PROMETHEUS))
        else:
            self._deploy(call)

    def _deploy(self, call: Call) -> None:
        """Find who answers. A deployment that is named by header need not have traffic; its requests are not counted
        in the split, nor mirrored.
        """
        wanted = call.headers.get(b"azureml-model-deployment")
        served = self._names.get(wanted.lower()) if wanted else self._served.get(self._next(call.path))
        if served is None:
            call.answer(_unknown(wanted) if wanted else NO_TRAFFIC)
        elif call.path == OPENAPI:
            self._describe(call, served)
        elif (refusal := _refusal(call, served)) is not None:
            call.answer(refusal)
        else:
            if self._has_mirror and not wanted:
                call.twin = self._mirror.next()
            call.deployment = served.name
            call.served = served
            call.then = self._answered
            served.submit(call)

    def _next(self, path: bytes) -> str:
        """Whose turn it is; asking for the description takes nobody's."""
        if path == OPENAPI:
            return max(self._split.shares, key=lambda name: self._split.shares[name], default="")
        return self._split.next()

    def _describe(self, call: Call, served: Served) -> None:
        look = asyncio.create_task(self._described(call, served))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _described(self, call: Call, served: Served) -> None:
        call.answer(await document(served.fleet, call.query) or NO_PATH)

    def _answered(self, call: Call, answer: Answer) -> None:
        """A deployment has answered, or failed to."""
        seconds = self._time() - call.started
        served: Served = call.served
        told = _told(call, answer)
        error = is_error(told.status, told.model_status)
        served.counts.add(seconds, error=error)
        call.reply(call, _with_lines(call, told))
        self._observe(call, told, seconds)
        if call.twin and call.twin != call.deployment:
            self._copy(call, answer)

    def _observe(
        self, call: Call, answer: Answer, seconds: float, *, copy: bool = False, differs: bool = False
    ) -> None:
        if self._observer is None:
            return
        trace = call.headers.get(b"traceparent", b"").decode("latin-1")
        model = call.served.deployment.spec.model
        self._observer.seen(
            Exchange(
                call.id,
                call.deployment,
                model,
                answer.status,
                seconds,
                call.queued,
                call.body,
                answer.body,
                copy,
                differs,
                trace,
            )
        )

    def _copy(self, call: Call, answer: Answer) -> None:
        """Ask the mirror the same, now that the caller has its answer."""
        served = self._served.get(call.twin)
        if served is None or served.copies >= MOST_COPIES:
            return
        copy = call.copy()
        copy.started = self._time()
        copy.deployment, copy.served = served.name, served
        copy.then = lambda copied, other: self._compared(copied, answer, other)
        served.copies += 1
        served.submit(copy)

    def _compared(self, copy: Call, first: Answer, second: Answer) -> None:
        served: Served = copy.served
        served.copies -= 1
        served.counts.mirrored += 1
        differs = first.status != second.status or not agree(first.body, second.body)
        served.counts.disagreed += differs
        self._observe(copy, _told(copy, second), self._time() - copy.started, copy=True, differs=differs)


def _plainly(call: Call, answer: Answer) -> None:
    """An answer that no deployment gave."""
    call.reply(call, _with_lines(call, answer))


def _refusal(call: Call, served: Served) -> Answer | None:
    launch = served.fleet.launch
    if call.path not in (SCORE, INVOCATIONS) and (launch.speaks is Speaks.FRAMES or call.path != launch.score.encode()):
        return NO_PATH
    if call.method != b"POST" and (launch.speaks is Speaks.FRAMES or call.method not in (b"GET", b"OPTIONS")):
        return NOT_ALLOWED
    return None


def _unknown(wanted: bytes) -> Answer:
    name = wanted[:MOST_ID].decode("latin-1")
    return problem(404, "NotFound", f"this endpoint has no deployment {name!r}")


def _told(call: Call, answer: Answer) -> Answer:
    """What the caller is told. Azure hides what a model says that is not 200 behind 424; callers of MLflow's route
    expect the model's own status.
    """
    if answer.status == OK or answer is TIMED_OUT or answer is TOO_MANY or call.path == INVOCATIONS:
        return answer
    return replace(answer, status=MODEL_ERROR, model_status=answer.status, reason=answer.reason or b"model_error")


def _with_lines(call: Call, answer: Answer) -> Answer:
    number = call.id.encode()
    given = call.headers.get(b"x-request-id") or number
    lines = b"%bx-ms-request-id: %b\r\nx-request-id: %b\r\n" % (answer.lines, number, given[:MOST_ID])
    if call.deployment:
        lines += b"azureml-model-deployment: %b\r\n" % call.deployment.encode()
    client = call.headers.get(b"x-ms-client-request-id")
    if client:
        lines += b"x-ms-client-request-id: %b\r\n" % client[:MOST_ID]
    if answer.model_status:
        lines += b"ms-azureml-model-error-statuscode: %d\r\n" % answer.model_status
    if answer.reason:
        lines += b"ms-azureml-model-error-reason: %b\r\n" % answer.reason
    return Answer(answer.status, answer.body, answer.kind, lines=lines)
