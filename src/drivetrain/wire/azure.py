"""The Azure edge of a home, built."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import hmac
import ssl
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

import uvicorn

from drivetrain.record.blobs.artifacts import RunFolders
from drivetrain.record.blobs.folder import FolderBlobs
from drivetrain.record.blobs.places import Places
from drivetrain.settings import load
from drivetrain.view.api.azure.app import create_edge
from drivetrain.view.api.azure.blob.accounts import BlobAccounts
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.files import RunFiles
from drivetrain.view.api.azure.hosts.door import Door
from drivetrain.view.api.azure.identity.authority import Authority
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.azure.jobs.watched import Watched
from drivetrain.view.api.azure.metrics.steps import Steps
from drivetrain.view.api.devops.app import beside
from drivetrain.view.api.mlflow.ownership import Ownership
from drivetrain.wire.applications import LibraryApplications
from drivetrain.wire.azure_variables import LOOPBACK, address_of
from drivetrain.wire.azureml.deploying import Lookups
from drivetrain.wire.azureml.desk import Desk
from drivetrain.wire.azureml.following import Follower
from drivetrain.wire.azureml.remote import remote_of
from drivetrain.wire.azureml.scheduling import Scheduler
from drivetrain.wire.azureml.tokens import service_variables
from drivetrain.wire.certificates import Certificates, HostCertificates
from drivetrain.wire.identities import run_tags
from drivetrain.wire.launch import launcher
from drivetrain.wire.listening import listening
from drivetrain.wire.seldom import WhenAsked
from drivetrain.wire.serving.progress import Progress
from drivetrain.wire.serving.serving import fronts_of, serving_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from drivetrain.record.tracking.service import Tracking
    from drivetrain.run.launch import JobEnvironment
    from drivetrain.run.model import JobSpec
    from drivetrain.serve.ports import Fronts, Serving
    from drivetrain.settings import Settings
    from drivetrain.view.api.mlflow.asgi import Application
    from drivetrain.wire.server_process import ServerInfo
    from drivetrain.wire.storage import Storage


def listen_azure(settings: Settings, last: ServerInfo | None) -> socket.socket:
    """A socket on loopback for the edge: the last server's port as long as it is free (jobs under way look for us
    there), else the setting's, else any.
    """
    for port in (last.azure_port if last else 0, settings.azure_port):
        with suppress(OSError):
            if port:
                return listening(LOOPBACK, port)
    return listening(LOOPBACK)


def listen_proxy(last: ServerInfo | None) -> socket.socket:
    """A socket on loopback for the proxy: the last server's port as long as it is free, else any."""
    with suppress(OSError):
        if last and last.proxy_port:
            return listening(LOOPBACK, last.proxy_port)
    return listening(LOOPBACK)


def azure_address(bound: socket.socket) -> str:
    """The edge's address, as clients are told it."""
    return address_of(bound.getsockname()[1])


class EdgeServer(NamedTuple):
    """The edge as a server, who follows the jobs that are submitted to it, and who makes those of schedules."""

    web: uvicorn.Server
    follower: Follower
    edge: Edge
    scheduler: Scheduler
    door: Door
    """The proxy for Azure's own host names."""

    def job_environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What a job of Azure Machine Learning gets of its workspace."""
        return service_variables(self.edge, spec, token)

    def end(self) -> None:
        """Answer nobody any more."""
        self.web.should_exit = True


async def serve_beside(
    server: EdgeServer, bound: socket.socket, proxy: socket.socket | None = None, *, schedules: bool = False
) -> None:
    """Serve in an event loop whose signals are another server's business. `schedules`: make the jobs of schedules, too,
    which only the home's one server does.
    """
    beside = [asyncio.create_task(server.follower.serve())]
    if proxy is not None:
        beside.append(asyncio.create_task(server.door.serve(proxy)))
    if schedules:
        beside.append(asyncio.create_task(server.scheduler.serve(server.edge)))
    try:
        with bound:
            await server.web._serve([bound])  # noqa: SLF001 - what `serve` does once it has taken the signals
    finally:
        for each in beside:
            each.cancel()


def edge_server(
    storage: Storage,
    tracking: Tracking,
    address: str,
    owner_token: str,
    *,
    devops: Callable[[Edge], Application] | None = None,
    server_url: str = "",
    wake: Callable[[], None] = lambda: None,
    serving: Serving | None = None,
) -> EdgeServer:
    """The edge as a server, to be run beside another in the same event loop. `devops` makes the Azure DevOps API that
    is served beside it, if any; `wake` tells the engine that carries out what is submitted;
    `serving` changes endpoints.
    """
    certificates = Certificates(storage.home.azure)
    certificates.make()
    desk = Desk(storage, launcher(storage, server_url), wake, address)
    desk.remote = remote_of(load(storage.home))
    scheduler = Scheduler(storage)
    edge = edge_of(
        storage,
        tracking,
        address,
        owner_token,
        certificates,
        desk=desk,
        serving=serving,
        server_url=server_url,
        schedules_changed=scheduler.wake,
    )
    follower = Follower(storage, edge)
    desk.follow, storage.runs.recorded = follower.follow, follower.note
    config = uvicorn.Config(
        create_edge(edge) if devops is None else beside(create_edge(edge), devops(edge)),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        ssl_keyfile=certificates.key,
        ssl_certfile=certificates.certificate,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=3,
    )
    web = uvicorn.Server(config)
    return EdgeServer(web, follower, edge, scheduler, _door(web, edge, certificates))


def _door(web: uvicorn.Server, edge: Edge, certificates: Certificates) -> Door:
    known: _Known = edge.known  # type: ignore[assignment]  # it is ours
    hosts = HostCertificates(certificates.folder)

    @cache
    def context() -> ssl.SSLContext:
        hosts.make()
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(hosts.certificate, hosts.key)
        return found

    def protocol() -> asyncio.Protocol:
        """What uvicorn makes of a connection to its own socket."""
        made: asyncio.Protocol = web.config.http_protocol_class(
            config=web.config, server_state=web.server_state, app_state={}
        )
        return made

    return Door(certificates.proxy_key(), known.knows, context, protocol)


def edge_of(
    storage: Storage,
    tracking: Tracking,
    address: str,
    owner_token: str,
    certificates: Certificates,
    *,
    desk: Desk,
    serving: Serving | None = None,
    fronts: Fronts | None = None,
    server_url: str = "",
    schedules_changed: Callable[[], None] = lambda: None,
) -> Edge:
    """Its services. `serving` and `fronts` are the home's own, unless others are given."""
    known = _Known(storage, owner_token)
    return Edge(
        address=address,
        folder=storage.home.azure,
        authority=Authority(certificates.token_key(), address, storage.clock, live=known.lives),
        applications=LibraryApplications(storage.library, storage.runs),
        workspaces=storage.workspaces,
        assets=storage.assets,
        library=storage.library,
        tracking=tracking,
        clock=storage.clock,
        vault=storage.vault,
        blobs=blob_accounts(storage, address, certificates.storage_key()),
        ownership=Ownership(tracking),
        run_files=RunFiles(storage.home.azure / "runs"),
        steps=Steps(),
        jobs=storage.azure_jobs,
        desk=desk,
        schedule_times=storage.schedule_times,
        endpoints=storage.endpoints,
        serving=serving or cast("Serving", WhenAsked(lambda: serving_of(storage))),
        fronts=fronts or cast("Fronts", WhenAsked(lambda: fronts_of(storage))),
        lookup=Lookups(storage, address),
        preparation=Progress(storage.home.serving).said,
        endpoint_address=lambda endpoint: f"http://{LOOPBACK}:{endpoint.port}",
        schedules_changed=schedules_changed,
        watched=Watched(),
        pages=server_url,
        made_by=_Origins(storage, server_url),
        known=known,
    )


def blob_accounts(storage: Storage, address: str, secret: bytes) -> BlobAccounts:
    """The storage accounts of its workspaces."""
    folders = RunFolders(storage.home.mlflow / "artifacts")
    blobs = FolderBlobs(Places(storage.home.azure / "blobs", folders))
    return BlobAccounts(blobs, folders, secret, address, storage.clock, storage.workspaces.all)


class _Origins:
    """Where training runs come from that somebody makes: the tags of a job's, as those by plain MLflow have them."""

    def __init__(self, storage: Storage, server_url: str) -> None:
        self._storage = storage
        self._url = server_url

    def __call__(self, principal: Principal) -> dict[str, str]:
        if principal.run_id is None:
            return {}
        return {**run_tags(self._storage.runs.get(principal.run_id), self._url), "drivetrain.job": principal.job}


class _Known:
    """Whose tokens of our own are: those of jobs that run, and the owner's."""

    def __init__(self, storage: Storage, owner_token: str) -> None:
        self._storage = storage
        self._owner = _digest(owner_token)

    def __call__(self, token: str) -> Principal | None:
        if hmac.compare_digest(_digest(token), self._owner):
            return Principal(PrincipalKind.OWNER, getpass.getuser())
        found = self._storage.tokens.lookup(token)
        if found is None:
            return None
        run_id, job, _ = found
        run = self._storage.runs.get(run_id)
        digest = _digest(token)
        return Principal(PrincipalKind.JOB, str(job), run.project, run_id, str(job), digest, read_only=run.restricted)

    def knows(self, digest: str) -> bool:
        """Whether it is the SHA-256 of the owner's token, or of a job's that has not ended."""
        return hmac.compare_digest(digest, self._owner) or self.lives(digest)

    def lives(self, digest: str) -> bool:
        """Whether the job whose token has this SHA-256 still has it."""
        return self._storage.tokens.lives(digest)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
