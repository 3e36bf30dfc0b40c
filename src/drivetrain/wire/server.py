"""The server: `python -m drivetrain.wire.server --home HOME [--port N] [--report FD]`. Builds everything from settings.

Threads beside the event loop's: the engine's, the one that takes in pushes, two that see to what webhooks deliver,
three that look what else is to start runs, the one that tells hosts how runs go, the one that once a day removes what
is kept no longer, the two that release models and keep endpoints answered, and the pool that answers pages.
Ended by SIGTERM or SIGINT; running jobs go on, because a runner is a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
from msgspec.structs import asdict, replace

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError
from drivetrain.home import Home
from drivetrain.run.engine import Engine
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.executors.spawn import Spawn
from drivetrain.run.launch import EngineSettings, JobEnvironment, Parts
from drivetrain.settings import Settings, load
from drivetrain.view.access import Access
from drivetrain.view.api.hooks.app import create_hooks
from drivetrain.view.api.mlflow.front import MlflowFront
from drivetrain.view.owner_token import read_or_make
from drivetrain.view.web.app import create_app
from drivetrain.wire.address import Address, choose_port, listen
from drivetrain.wire.answers.build import answers_of
from drivetrain.wire.azure import azure_address, edge_server, listen_azure, listen_proxy, serve_beside
from drivetrain.wire.azure_variables import AzureOfJobs, both
from drivetrain.wire.devops import devops_of
from drivetrain.wire.hosts.hooking import Hooking
from drivetrain.wire.hosts.pull_requests import find_pull_request
from drivetrain.wire.identities import JobIdentities, PersonalIdentities
from drivetrain.wire.job_logins import logins_of_job
from drivetrain.wire.job_settings import pass_on
from drivetrain.wire.launch import launcher
from drivetrain.wire.registry.models import tracking
from drivetrain.wire.registry.watching import ModelWatch
from drivetrain.wire.retention import retention_of
from drivetrain.wire.server_process import ServerInfo, holding, read_info, write_info
from drivetrain.wire.serving.pages import serves_of
from drivetrain.wire.serving.serving import working_of
from drivetrain.wire.site import site_of
from drivetrain.wire.storage import Storage
from drivetrain.wire.tracking import job_environment
from drivetrain.wire.triggers.threads import Triggers
from drivetrain.wire.verbs import ServerVerbs
from drivetrain.wire.watching import watching_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.record.tracking.service import Tracking
    from drivetrain.run.model import JobSpec
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.mlflow.asgi import Application

GRACE_SECONDS = 3
JOIN_SECONDS = 10.0
RESTART_SECONDS = 1.0
_log = logging.getLogger("drivetrain")


class Server:
    """Everything of one home, built; `serve` runs it."""

    def __init__(
        self, home: Home, settings: Settings, address: Address, azure: socket.socket, proxy: socket.socket
    ) -> None:
        """`azure` is bound and listens on loopback: official Azure clients are served there; by `proxy`, those too that
        know Azure's own host names only.
        """
        self._home = home
        self._settings = settings
        self._address = address
        self._azure = azure
        self._proxy = proxy
        self._stop = threading.Event()
        self._storage = storage = Storage(home)
        with closing(storage.database.connect()):
            pass  # migrates, and fails early when it cannot be used
        self._azure_of_jobs = AzureOfJobs(home, settings, storage.runs.get)
        self._launcher = launcher(storage, address.public_url)
        self._engine = Engine(self._parts())
        self._serving = working_of(storage)
        self._retention = retention_of(storage, settings)
        self._watching = watching_of(storage, self._launcher, self._wake)
        self._triggers = Triggers(storage, self._launcher.maker)
        self._hooking = Hooking(storage, storage.git, storage.hosts.client, url=settings.public_url.rstrip("/"))
        self._verbs = ServerVerbs(
            storage.runs, self._launcher, storage.projects, self._wake, partial(find_pull_request, storage)
        )
        token = read_or_make(home.token)
        self._answers = answers_of(storage, token.encode(), settings.public_url)
        self._tracking = tracking(storage)
        self._models = ModelWatch(storage)
        self._access = self._door(token)
        self._site = site_of(
            storage,
            verbs=self._verbs,
            projects=self._watching,
            retention=self._retention,
            pictures=self._answers.pictures,
            badges=settings.badges == "public",
            wake=self._wake,
            stopping=lambda: self._web.should_exit,
            serves=serves_of(storage, self._serving.releasing.wake),
        )
        self._edge = edge_server(
            storage,
            self._tracking,
            azure_address(azure),
            token,
            devops=self._devops,
            server_url=self._address.public_url,
            wake=self._wake,
            serving=self._serving.verbs,
        )
        self._web = uvicorn.Server(self._configuration())

    def _parts(self) -> Parts:
        settings = EngineSettings(
            server_url=self._address.public_url,
            keep_work=self._settings.keep_work,
            containers=self._settings.containers,
            other_projects=self._settings.artifacts_across_projects,
            environment=self._environment,
            logins=partial(logins_of_job, self._storage),
        )
        if self._settings.max_parallel_jobs:
            settings = replace(settings, max_parallel_jobs=self._settings.max_parallel_jobs)
        return self._storage.parts(LocalExecutor(Spawn()), settings)

    def _environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What every step of a job gets: `mlflow` and Azure's clients find us with no line in the script."""
        proxy = self._proxy.getsockname()[1]
        azure = self._azure_of_jobs.environment(spec, token, azure_address(self._azure), proxy)
        plain = both(job_environment(self._address.local_url, token), azure)
        return both(plain, self._edge.job_environment(spec, token))

    def _door(self, token: str) -> Access:
        public = urlsplit(self._address.public_url)
        return Access(
            token,
            names=[public.hostname or "", self._settings.host, *_own_names(self._settings.host)],
            port=self._address.port,
            secure=public.scheme == "https",
            personal=PersonalIdentities(self._storage.personal_tokens.find),
            job=JobIdentities(self._storage.tokens.lookup, self._storage.runs.get, self._address.public_url),
        )

    def _devops(self, edge: Edge) -> Application:
        """The Azure DevOps API, for here and for the edge."""
        self._azure_devops = devops_of(self._storage, self._site, self._verbs, edge, self._access)
        return self._azure_devops

    def _configuration(self) -> uvicorn.Config:
        front = MlflowFront(self._tracking, self._access.identify)
        hooks = create_hooks(self._hooking.receiver)
        app = create_app(self._site, guard=self._access.guard, mlflow=front, devops=self._azure_devops, hooks=hooks)
        return uvicorn.Config(
            _with_lifespan(app, self._tracking),
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )

    def _wake(self) -> None:
        self._engine.wake()

    def serve(self, ready: Callable[[ServerInfo], None]) -> None:
        """Run until a signal ends it; `ready` is called once it answers."""
        works = {
            "engine": self._drive,
            "watching": self._watching.serve,
            **self._triggers.works,
            "hooks": self._hooking.serve,
            "comments": self._hooking.serve_comments,
            "answers": self._answers.answering.serve,
            "models": self._models.serve,
            "retention": self._retention.serve,
            "releases": self._serving.releasing.serve,
            "fronts": self._serving.keeping.serve,
        }
        threads = [threading.Thread(target=self._forever, args=work, daemon=True) for work in works.items()]
        threads.append(threading.Thread(target=self._say_ready, args=(ready,), daemon=True))
        for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises what it has caught again when it has ended
            signal.signal(number, self._end)
        for thread in threads:
            thread.start()
        try:
            with asyncio.Runner(loop_factory=self._web.config.get_loop_factory()) as runner:
                runner.run(self._answer())
        finally:
            self._stop.set()
            self._wake()
            for thread in threads:
                thread.join(JOIN_SECONDS)

    async def _answer(self) -> None:
        """Pages and clients, then no more of either: the edge uses MLflow, which ends with the pages."""
        edge = asyncio.create_task(serve_beside(self._edge, self._azure, self._proxy, schedules=True))
        try:
            await self._web.serve(sockets=[self._address.bound])
        finally:
            self._edge.end()
            await edge

    def _end(self, _number: int, _frame: object) -> None:
        self._web.should_exit = True

    def _drive(self, stop: threading.Event) -> None:
        self._engine.serve(stop)

    def _forever(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """A bug in one thread is logged and the work taken up again: the server must not half die in silence."""
        while not self._stop.is_set():
            try:
                work(self._stop)
            except DrivetrainError as error:
                _log.warning("%s: %s; it is tried again in %s s", name, error.message, RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)
            except Exception:  # noqa: BLE001 - it is logged with its traceback, and never hidden
                _log.exception("%s stopped by an error; it goes on in %s s", name, RESTART_SECONDS)
                self._stop.wait(RESTART_SECONDS)

    def _say_ready(self, ready: Callable[[ServerInfo], None]) -> None:
        while not self._web.started and not self._stop.wait(0.005):
            pass
        if self._web.started:
            address = self._address
            now = timestamp(self._storage.clock.now())
            ready(
                ServerInfo(
                    os.getpid(),
                    address.public_url,
                    address.host,
                    address.port,
                    now,
                    self._settings.port,
                    self._azure.getsockname()[1],
                    self._proxy.getsockname()[1],
                )
            )


def _own_names(host: str) -> list[str]:
    """Names of this machine, when others may come in; a page cannot make these point elsewhere."""
    return [socket.gethostname(), socket.getfqdn()] if host in {"0.0.0.0", "::", ""} else []  # noqa: S104


def _with_lifespan(app: Any, tracking: Tracking) -> Any:
    """The application, which starts and stops tracking with the server's event loop."""

    async def with_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        await receive()
        await tracking.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await tracking.stop()
        await send({"type": "lifespan.shutdown.complete"})

    return with_lifespan


def run(home: Home, port: int | None, ready: Callable[[ServerInfo], None]) -> None:
    """Be the server of this home until a signal ends it. Raises DrivetrainError when it cannot start."""
    last = read_info(home)
    with holding(home):
        settings = load(home)
        home.inbox.mkdir(exist_ok=True, mode=0o700)
        pass_on(settings)
        address = listen(settings, choose_port(settings, port, last))
        with address.bound, listen_azure(settings, last) as azure, listen_proxy(last) as proxy:
            server = Server(home, settings, address, azure, proxy)

            def say(info: ServerInfo) -> None:
                write_info(home, info)
                _log.info("serving %s at %s (version %s)", home.root, info.url, info.version)
                ready(info)

            server.serve(say)
            _log.info("stopped; running jobs go on")


def main(arguments: list[str]) -> int:
    """Run the server as the command line of this module says; the exit code."""
    parser = argparse.ArgumentParser(prog="drivetrain up --foreground")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--report", type=int)
    options = parser.parse_args(arguments)
    home = Home(options.home)
    _start_logging()
    reports = None if options.report is None else os.fdopen(options.report, "w", encoding="utf-8")

    def tell(told: dict[str, Any]) -> None:
        if reports is None:
            print(told.get("url") or f"error: {told['message']}\nhint: {told['hint']}", flush=True)  # noqa: T201
        elif not reports.closed:
            with suppress(BrokenPipeError), reports:
                reports.write(json.dumps(told) + "\n")

    try:
        run(home, options.port, lambda info: tell(asdict(info)))
    except DrivetrainError as error:
        tell({"kind": type(error).__name__, "message": error.message, "hint": error.hint})
        return 1
    except Exception as error:  # noqa: BLE001 - whoever starts us must hear of it
        traceback.print_exc()
        tell({"message": f"a bug: {type(error).__name__}: {error}", "hint": f"see {home.server_log}"})
        return 70
    return 0


def _start_logging() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
