"""The process that hosts MLflow's own server: `python -m drivetrain.record.tracking.worker`.

One process instead of the seven of `mlflow server`: its web application and its page under uvicorn, its
artifact proxy, its SQLite store, on a socket that we were handed, for whoever knows the secret. It reads one
line of JSON from stdin and ends when stdin ends, so it never outlives its owner, however that one dies.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.errors import DrivetrainError
from drivetrain.record.tracking.database import prepare_database
from drivetrain.record.tracking.hosting import APPLY_PATH, CREATE_PATH, SECRET_HEADER
from drivetrain.record.tracking.named_runs import create_run
from drivetrain.record.tracking.replay import replay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    import uvicorn

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_GRACE = 5.0
_NOT_OFFERED = ("/ajax-api/3.0/mlflow/assistant", "/api/3.0/mlflow/assistant")
"""MLflow's assistant starts programs on this machine for whoever asks; a job's token must not reach it."""


class Owner:
    """Watches stdin; when it ends, so do we."""

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None
        self.settings: dict[str, Any] = json.loads(_first_line())
        threading.Thread(target=self._watch, name="owner", daemon=True).start()

    def _watch(self) -> None:
        while os.read(0, 4096):
            pass
        if self.server is None:
            os._exit(0)
        threading.Timer(_GRACE, os._exit, [0]).start()
        self.server.should_exit = True


def _first_line() -> bytes:
    """The settings, read past Python's buffer, whose lock a thread must not hold when the process ends."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 4096)
        if not piece:
            sys.exit("no settings came on stdin: this program is started by Drivetrain")
        line += piece
    return line


class Guarded:
    """MLflow's application behind the secret, with our two routes in front."""

    def __init__(self, application: Application, secret: str) -> None:
        self._application = application
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who knows the secret."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not hmac.compare_digest(headers.get(SECRET_HEADER.encode(), b""), self._secret):
            await _answer(send, 403, b"this port is private to Drivetrain\n")
        elif scope["path"] == APPLY_PATH:
            await self._apply(receive, send)
        elif scope["path"] == CREATE_PATH:
            await self._create(receive, send)
        elif scope["path"].startswith(_NOT_OFFERED):
            await _answer(send, 404, b"Drivetrain does not offer MLflow's assistant\n")
        else:
            await self._application(scope, receive, send)

    async def _apply(self, receive: Receive, send: Send) -> None:
        import anyio  # noqa: PLC0415 - the worker's own dependency, after it has its settings
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        body = await _whole(receive)
        try:
            refusals = await anyio.to_thread.run_sync(replay, body.splitlines())
        except MlflowException as error:
            await _answer(send, 503, str(error).encode())
        else:
            await _answer(send, 200, json.dumps(refusals).encode())

    async def _create(self, receive: Receive, send: Send) -> None:
        import anyio  # noqa: PLC0415 - the worker's own dependency, after it has its settings
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        body = await _whole(receive)
        try:
            created = await anyio.to_thread.run_sync(create_run, json.loads(body))
        except MlflowException as error:
            await _answer(send, error.get_http_status_code(), error.serialize_as_json().encode())
        else:
            await _answer(send, 200, json.dumps(created).encode())


async def _whole(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _answer(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


def _configure(folder: Path, port: int) -> str:
    """Set what MLflow reads from its environment; returns the address of its store."""
    store = f"sqlite:///{folder / 'mlflow.db'}"
    os.environ.update(
        {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_SERVER_ALLOWED_HOSTS": f"127.0.0.1:{port}",
            "MLFLOW_SERVER_X_FRAME_OPTIONS": "SAMEORIGIN",
            "_MLFLOW_SERVER_FILE_STORE": store,
            "_MLFLOW_SERVER_REGISTRY_STORE": store,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": (folder / "artifacts").as_uri(),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
        }
    )
    return store


def _serve(owner: Owner, folder: Path) -> None:
    import uvicorn  # noqa: PLC0415 - heavy; read only after the owner is watched

    settings = owner.settings
    store = _configure(folder, settings["port"])
    prepare_database(folder / "mlflow.db")
    from mlflow.server.fastapi_app import app  # noqa: PLC0415 - reads its settings when imported
    from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415

    initialize_backend_stores(store, store, "mlflow-artifacts:/")
    config = uvicorn.Config(
        Guarded(app, settings["secret"]),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=int(_GRACE) - 1,
    )
    owner.server = uvicorn.Server(config)
    print("ready", flush=True)  # noqa: T201 - our owner reads this
    owner.server.run(sockets=[socket.socket(fileno=settings["fd"])])


def main() -> None:
    """Serve until stdin ends."""
    owner = Owner()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    folder = Path(owner.settings["folder"])
    (folder / "artifacts").mkdir(parents=True, exist_ok=True)
    try:
        _serve(owner, folder)
    except DrivetrainError as error:
        sys.exit(f"{error.message}; {error.hint}")


if __name__ == "__main__":
    main()
