"""The edge of a home in one process: two projects, a job in each, and connections that lead here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drivetrain.clock import FixedClock
from drivetrain.home import Home
from drivetrain.record.tracking.service import Tracking
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.run.model import JobRef, RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.source.model import Commit, Project, Reason
from drivetrain.view.api.azure.app import create_api
from drivetrain.view.api.azure.paths import with_canonical_paths
from drivetrain.wire.azure import edge_of
from drivetrain.wire.azureml.desk import Desk
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.launch import launcher
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

    from drivetrain.run.library.model import Connection
    from drivetrain.view.api.azure.edge import Edge

ADDRESS = "https://127.0.0.1:8675"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OWNER = "the owner's own token"
JOB = JobRef("build", "train")


class Asking:
    """A client without a socket: each request has an event loop of its own."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@dataclass
class Edged:
    """The edge, and what tests do to it."""

    storage: Storage
    clock: FixedClock
    edge: Edge
    api: FastAPI
    http: Asking
    jobs: dict[str, tuple[int, str]]
    """The run and the token of the job of each project."""

    def add_connection(self, name: str, project: str = "", **more: Any) -> Connection:
        scheme, fields = more.pop("scheme", "ServicePrincipal"), more.pop("fields", {})
        data: dict[str, str | None] = {"type": "azurerm", "scheme": scheme, **fields}
        book = LibraryBook(self.storage.library, "Ada", tenant=lambda: self.edge.authority.tenant)
        book.add(ItemKind.SERVICE_CONNECTION, name, Edit(data=data, open=True, **more), project)
        return self.storage.library.connection(project, name)

    def ask(self, tenant: str = "", **form: str) -> Any:
        """A token, by the newer endpoint."""
        given = {"grant_type": "client_credentials", "scope": "https://management.azure.com/.default", **form}
        return self.http.post(f"/{tenant or self.edge.authority.tenant}/oauth2/v2.0/token", data=given)

    def identity(self, token: str, resource: str = "https://management.azure.com/") -> str:
        """A token of the managed identity of whoever has this one."""
        answer = self.http.get("/msi/token", params={"resource": resource}, headers={"x-identity-header": token})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def federated(self, project: str, connection: Connection) -> Any:
        """What a job gets that asks for a federated token."""
        path = f"/{project}/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken"
        headers = {"authorization": f"Bearer {self.jobs[project][1]}"}
        return self.http.post(path, params={"serviceConnectionId": connection.id}, headers=headers)

    def get(self, path: str, token: str) -> Any:
        return self.http.get(path, headers={"authorization": f"Bearer {token}"})

    def end(self, project: str) -> None:
        """The job of that project ends."""
        self.storage.tokens.revoke(self.jobs[project][0], JOB, 1)

    def later(self, **time: float) -> None:
        self.clock.at += timedelta(**time)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.make()
    made.token_key()
    return made


@pytest.fixture
def edged(tmp_path: Any, certificates: Certificates) -> Edged:
    clock = FixedClock(NOW)
    storage = Storage(Home(tmp_path / "home"), clock)
    storage.home.root.mkdir()
    tracking = Tracking(storage.home.mlflow, storage.training_runs)
    desk = Desk(storage, launcher(storage), lambda: None, ADDRESS)
    nobody: Any = None  # serves endpoints here
    edge = edge_of(storage, tracking, ADDRESS, OWNER, certificates, desk=desk, serving=nobody, fronts=nobody)
    api = create_api(edge)
    http = Asking(with_canonical_paths(api))
    return Edged(storage, clock, edge, api, http, {name: _job(storage, name) for name in ("alpha", "beta")})


def _job(storage: Storage, project: str) -> tuple[int, str]:
    added = storage.projects.add(Project(0, project, f"/repositories/{project}", "main"), _NO_REFS)
    source = RepositorySource(project, added.url, "", "refs/heads/main", Commit("0" * 40))
    new = NewRun(project, "azure-pipelines.yml", Reason.MANUAL, source, "Ada", project_id=added.id)
    run = storage.runs.create(new, None, number_key=project, number=lambda *_: "1")
    return run.id, storage.tokens.issue(run.id, JOB, 1)


_NO_REFS: Mapping[str, str] = {}
