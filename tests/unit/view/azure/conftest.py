"""The Azure edge in this process: real stores in an empty home, tokens of its own."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drivetrain.home import Home
from drivetrain.record.tracking.service import Tracking
from drivetrain.view.api.azure.app import create_api
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.azure.paths import with_canonical_paths
from drivetrain.wire.azure import edge_of
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.storage import Storage
from tests.unit.view.azure.fake_serving import FakeFronts, FakeServing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

    from drivetrain.view.api.mlflow.asgi import Application

ADDRESS = "https://127.0.0.1:1"
GROUP = "/subscriptions/sub/resourceGroups/group"
WORKSPACES = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces"
OWNER = Principal(PrincipalKind.OWNER, "ann")


class Client:
    """Calls the application in this process, without a socket."""

    def __init__(self, application: Application) -> None:
        self._transport = httpx.ASGITransport(application, raise_app_exceptions=False)

    def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=ADDRESS) as client:
                return await client.request(method, url, **arguments)

        return asyncio.run(call())

    def requests(self, asked: list[tuple[str, str, Any]], headers: dict[str, str]) -> list[httpx.Response]:
        """Many, one after the other: methods, paths, bodies."""

        async def call() -> list[httpx.Response]:
            async with httpx.AsyncClient(transport=self._transport, base_url=ADDRESS, headers=headers) as client:
                return [await client.request(method, path, json=body) for method, path, body in asked]

        return asyncio.run(call())


class Caller:
    """Asks as somebody, of a workspace unless the path is absolute."""

    def __init__(self, client: Client, token: str, workspace: str = "shelf") -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {token}"}
        self.workspace = f"{WORKSPACES}/{workspace}"

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        url = path if path.startswith("/subscriptions") else f"{self.workspace}/{path}".rstrip("/")
        given: Mapping[str, Any] = {"json": body} if body is not None else {}
        return self.client.request(method, url, headers=self.headers, **given, **more)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, **properties: Any) -> Any:
        answer = self.ask("PUT", path, {"properties": properties})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.ask(method, path, body).status_code


class Edges:
    """The edge of one home. All have one application, as it takes a while to make: it serves the one made last."""

    api: FastAPI | None = None

    def __init__(self, home: Home) -> None:
        self.storage = Storage(home)
        certificates = Certificates(home.azure)
        nobody: Any = None  # no jobs here
        self.fronts = FakeFronts(self.storage.endpoints)
        self.serving = FakeServing(self.storage.endpoints, self.fronts)
        self.edge = edge_of(
            self.storage,
            Tracking(home.mlflow),
            ADDRESS,
            "owner",
            certificates,
            desk=nobody,
            serving=self.serving,
            fronts=self.fronts,
        )
        Edges.api = Edges.api or create_api(self.edge)
        Edges.api.state.edge = self.edge
        self.client = Client(with_canonical_paths(Edges.api))

    def as_(self, principal: Principal, workspace: str = "shelf") -> Caller:
        return Caller(self.client, self.edge.authority.issue(principal, Audience.MANAGEMENT), workspace)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has its keys and its tables, which take a while to make."""
    home = Home(tmp_path_factory.mktemp("edge") / "home")
    home.azure.mkdir(parents=True)
    Edges(home).storage.workspaces.all()
    return home.root


@pytest.fixture
def edges(tmp_path: Path, fresh: Path) -> Edges:
    return Edges(Home(Path(shutil.copytree(fresh, tmp_path / "home"))))


@pytest.fixture
def owner(edges: Edges) -> Caller:
    return edges.as_(OWNER)
