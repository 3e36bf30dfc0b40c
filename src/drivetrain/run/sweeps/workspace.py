"""The workspace as a sweep's controller sees it: over the same routes as every client, with its own job's token.

A server that is away for a while is waited for: the controller is a process of its own and outlives it.
"""

from __future__ import annotations

import math
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivetrain.errors import NotFoundError, UnavailableError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

RESOURCE = "https://management.azure.com"
API_VERSION = "2025-01-01-preview"
TRIES_EVERY = 1.0
SECONDS = 60.0
_RENEW_BEFORE = 120.0
_NOT_FOUND, _UNAUTHORIZED = 404, 401
_AWAY = frozenset({502, 503, 504})
_MOST_VALUES = 25_000


class WorkspaceJobs:
    """Jobs and metrics of one workspace. Every call may raise UserError with the server's words."""

    def __init__(self, environment: Mapping[str, str], workspace: str, pause: Callable[[float], None]) -> None:
        """`environment` is the job's; `workspace` its id in Azure Resource Manager. `pause` waits so many seconds, and
        raises when the controller has to end.
        """
        import httpx  # noqa: PLC0415 - a runner without a sweep starts without it

        self._environment = environment
        self._edge = environment["IDENTITY_ENDPOINT"].removesuffix("/msi/token")
        self._jobs = f"{self._edge}{workspace}/jobs"
        self._pause = pause
        self._lost = httpx.TransportError
        trust = ssl.create_default_context(cafile=environment.get("SSL_CERT_FILE") or None)
        self._client: httpx.Client = httpx.Client(timeout=SECONDS, verify=trust)
        self._token, self._until = "", 0.0

    def job(self, name: str) -> dict[str, Any] | None:
        """`properties` of a job, with when it was `createdAt`; None when there is none of that name."""
        try:
            found = self._ask("GET", self._url(name))
        except NotFoundError:
            return None
        properties, system = found.get("properties"), found.get("systemData")
        made = system.get("createdAt") if isinstance(system, dict) else None
        return {**(properties if isinstance(properties, dict) else {}), "createdAt": made}

    def create(self, name: str, properties: Mapping[str, Any]) -> None:
        """Begin a job, or change the one that is there."""
        self._ask("PUT", self._url(name), {"properties": properties})

    def reproduce(self, name: str, new: str, variables: Mapping[str, str]) -> None:
        """Have a job submitted again under a new name, in a pipeline run with these variables."""
        self._ask("POST", self._url(name, "/reproduce"), {"name": new, "variables": dict(variables)})

    def set_property(self, name: str, key: str, value: str) -> None:
        """Add a property to a job."""
        self._ask("PATCH", self._url(name), {"properties": {"properties": {key: value}}})

    def cancel(self, name: str) -> None:
        """End a job; nothing when it has ended by itself."""
        try:
            self._ask("POST", self._url(name, "/cancel"), {})
        except UserError:
            return

    def values(self, run_id: str, metric: str) -> tuple[float, ...]:
        """Every value that a training run has logged of a metric, in order, without nan."""
        query = f"run_id={quote(run_id)}&metric_key={quote(metric)}&max_results={_MOST_VALUES}"
        try:
            mlflow = f"{self._environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow"
            found = self._ask("GET", f"{mlflow}/metrics/get-history?{query}", mlflow=True)
        except NotFoundError:
            return ()
        numbers = [float(each["value"]) for each in found.get("metrics", [])]
        return tuple(number for number in numbers if not math.isnan(number))

    def _url(self, name: str, action: str = "") -> str:
        return f"{self._jobs}/{quote(name, safe='')}{action}?api-version={API_VERSION}"

    def _ask(self, method: str, url: str, body: Any = None, *, mlflow: bool = False) -> dict[str, Any]:
        """The answer, however long the server is away."""
        while True:
            try:
                token = self._environment["MLFLOW_TRACKING_TOKEN"] if mlflow else self._management()
                answer = self._client.request(method, url, json=body, headers={"authorization": f"Bearer {token}"})
            except self._lost:
                self._pause(TRIES_EVERY)
                continue
            if answer.status_code not in _AWAY:
                return _read(answer)
            self._pause(TRIES_EVERY)

    def _management(self) -> str:
        """A token for the workspace, renewed before it is too old."""
        if time.monotonic() > self._until:
            headers = {"x-identity-header": self._environment["IDENTITY_HEADER"]}
            url = f"{self._edge}/msi/token?resource={RESOURCE}&api-version=2019-08-01"
            found = _read(self._client.get(url, headers=headers))
            self._token = str(found["access_token"])
            self._until = time.monotonic() + float(found["expires_in"]) - _RENEW_BEFORE
        return self._token


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        found = answer.json() if answer.content else {}
        return found if isinstance(found, dict) else {}
    words = _words(answer)
    if answer.status_code == _NOT_FOUND:
        raise NotFoundError(words)
    if answer.status_code == _UNAUTHORIZED:
        raise UnavailableError(f"The server does not know this job any more: {words}")
    raise UserError(words)


def _words(answer: httpx.Response) -> str:
    try:
        found = answer.json()
        return str(found["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answered {answer.status_code}: {answer.text[:500]}"
