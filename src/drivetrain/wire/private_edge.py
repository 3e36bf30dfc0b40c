"""The Azure edge of a foreground run: the same as a server's, and an engine for the jobs that are submitted to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.run.engine import Engine
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.executors.spawn import Spawn
from drivetrain.run.launch import EngineSettings
from drivetrain.settings import load
from drivetrain.view.owner_token import read_or_make
from drivetrain.wire.azure import azure_address, edge_server, serve_beside
from drivetrain.wire.azure_variables import AzureOfJobs, both
from drivetrain.wire.devops import devops_of
from drivetrain.wire.identities import JobIdentities
from drivetrain.wire.job_settings import pass_on
from drivetrain.wire.launch import launcher
from drivetrain.wire.retention import retention_of
from drivetrain.wire.seldom import WhenAsked
from drivetrain.wire.serving.serving import working_of
from drivetrain.wire.site import KnownProjects, site_of
from drivetrain.wire.tracking import job_environment
from drivetrain.wire.verbs import ServerVerbs

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from drivetrain.record.tracking.service import Tracking
    from drivetrain.run.launch import JobEnvironment, Parts
    from drivetrain.run.model import JobSpec
    from drivetrain.run.ports import RunStore
    from drivetrain.serve.ports import Serving
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.mlflow.asgi import Application
    from drivetrain.view.api.mlflow.ports import Identity
    from drivetrain.wire.storage import Storage


class SubmittedHere:
    """The RunStore port for an engine that drives what was submitted to the edge since it began, and nothing else.

    Such a run has no pipeline file. Other runs of the home wait for whoever they belong to.
    """

    def __init__(self, store: RunStore, since: str) -> None:
        self._store = store
        self._since = since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def unfinished(self) -> Sequence[int]:
        """Those that are not completed."""
        runs = [self._store.get(run_id) for run_id in self._store.unfinished()]
        return [run.id for run in runs if not run.file and run.created_at >= self._since]


class PrivateEdge:
    """Serves the edge on a socket, the proxy for Azure's host names on another, and drives the jobs that come in."""

    def __init__(
        self, storage: Storage, tracking: Tracking, bound: socket.socket, proxy: socket.socket, url: str
    ) -> None:
        """`url` is where MLflow is served."""
        self._bound = bound
        self._proxy = proxy
        self._url = url
        self._storage = storage
        self._stop = threading.Event()
        self._settings = load(storage.home)
        self._azure = AzureOfJobs(storage.home, self._settings, storage.runs.get)
        self._since = timestamp(storage.clock.now())
        self._runs: Any = SubmittedHere(storage.runs, self._since)
        self._identities = JobIdentities(storage.tokens.lookup, storage.runs.get, url)
        pass_on(self._settings)
        self._engine = Engine(self._parts())
        token = read_or_make(storage.home.token)
        self._server = edge_server(
            storage,
            tracking,
            azure_address(bound),
            token,
            devops=self._devops,
            server_url=url,
            wake=self._engine.wake,
            serving=cast("Serving", WhenAsked(self._serving)),
        )

    def _serving(self) -> Serving:
        """The verbs of serving, and a thread that prepares what they ask for: nobody else does, without a server."""
        working = working_of(self._storage)
        threading.Thread(target=working.releasing.serve, args=(self._stop,), daemon=True).start()
        return working.verbs

    def _devops(self, edge: Edge) -> Application:
        """The Azure DevOps API: a run that is queued here waits for a server."""
        storage = self._storage
        verbs = ServerVerbs(storage.runs, launcher(storage), storage.projects, self._engine.wake)
        projects, retention = KnownProjects(storage.projects), retention_of(storage, self._settings)
        site = site_of(storage, verbs=verbs, projects=projects, retention=retention, wake=self._engine.wake)
        return devops_of(storage, site, verbs, edge)

    def identify(self, token: str) -> Identity | None:
        """Whose the token of a job is."""
        return self._identities(token)

    def unfinished(self) -> Sequence[int]:
        """The runs that were submitted here and are not completed."""
        found: Sequence[int] = self._runs.unfinished()
        return found

    def unmarked(self) -> bool:
        """Whether a job that was submitted here does not say yet how it has ended."""
        jobs = self._storage.azure_jobs.unfinished()
        return any(job.run_id is not None and job.created_at >= self._since for job in jobs)

    async def serve(self) -> None:
        """Until told to end."""
        thread = threading.Thread(target=self._engine.serve, args=(self._stop,), daemon=True)
        thread.start()
        try:
            await serve_beside(self._server, self._bound, self._proxy)
        finally:
            self._stop.set()
            self._engine.wake()

    def end(self) -> None:
        """Answer nobody any more."""
        self._server.end()

    def _parts(self) -> Parts:
        settings = EngineSettings(
            keep_work=self._settings.keep_work,
            containers=self._settings.containers,
            other_projects=self._settings.artifacts_across_projects,
            environment=self._environment,
        )
        if self._settings.max_parallel_jobs:
            settings = replace(settings, max_parallel_jobs=self._settings.max_parallel_jobs)
        return replace(self._storage.parts(LocalExecutor(Spawn()), settings), store=self._runs)

    def _environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        azure = self._azure.environment(spec, token, azure_address(self._bound), self._proxy.getsockname()[1])
        plain = both(job_environment(self._url, token), azure)
        return both(plain, self._server.job_environment(spec, token))
