"""Signing in to a registry by a service connection: for one command, or for the steps that come, and never into the
user's own settings.

https://learn.microsoft.com/azure/devops/pipelines/library/service-endpoints#docker-registry-service-connection
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from drivetrain.errors import UserError
from drivetrain.run.containers.engine import DOCKER, ask

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.containers.engine import Engine
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.state import JobState

_HUB = "index.docker.io"
_TYPE = "dockerregistry"
FILE = "config.json"


class Registry(NamedTuple):
    """Where to sign in, and as whom."""

    server: str
    username: str = ""
    password: str = ""

    @property
    def host(self) -> str:
        """The name that images begin with; empty for Docker Hub."""
        host = urlsplit(self.server if "//" in self.server else f"//{self.server}").netloc
        return "" if host.lower().endswith(("docker.io", _HUB)) else host


def registry_of(job: JobState, name: str) -> Registry:
    """What a service connection says. Raises UserError when it is not one of a registry."""
    connection = next((each for key, each in job.connections.items() if key.lower() == name.lower()), None)
    if connection is None:
        raise UserError(f"this job was not given the service connection '{name}'", hint="run the pipeline again")
    if connection.type.lower() != _TYPE:
        raise UserError(
            f"the service connection '{name}' is of type {connection.type}, not {_TYPE}",
            hint="drivetrain connection --help says how to add one",
        )
    return _read(connection)


def _read(connection: Connection) -> Registry:
    given = {key.lower(): value for key, value in connection.parameters.items()}
    if given.get("loginserver"):  # Azure Container Registry
        user, password = given.get("serviceprincipalid", ""), given.get("serviceprincipalkey", "")
        found = Registry(f"https://{given['loginserver'].lower()}", user, password)
    else:
        server = given.get("registry") or connection.url
        found = Registry(server, given.get("username", ""), given.get("password", ""))
    if not (found.server and found.username and found.password):
        raise UserError(
            f"the service connection '{connection.name}' needs a registry, a user name and a password",
            hint="for Azure Container Registry: loginServer, servicePrincipalId and servicePrincipalKey",
        )
    return found


def full_image(image: str, server: str) -> str:
    """The image in the registry of its connection, unless its name begins with that already, as the agent has it."""
    host = Registry(server).host if server else ""
    return image if not host or image.lower().startswith(f"{host.lower()}/") else f"{host}/{image}"


def login_environment(engine: Engine, folder: Path) -> dict[str, str]:
    """The environment in which the engine keeps what it signs in with in a folder, and still finds its daemon."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if engine.kind != DOCKER:
        return {"REGISTRY_AUTH_FILE": str(folder / FILE)}
    found = {"DOCKER_CONFIG": str(folder)}
    if not os.environ.get("DOCKER_HOST"):
        told = ask(engine.program, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        if not told.code and told.out.strip():
            found["DOCKER_HOST"] = told.out.strip()
    return found


def sign_in(engine: Engine, registry: Registry, environment: dict[str, str]) -> None:
    """Sign in, the password on standard input. Raises UserError."""
    server = registry.host or registry.server
    args = ("login", "--username", registry.username, "--password-stdin", server)
    told = ask(engine.program, *args, environment=environment, text=registry.password)
    if told.code:
        words = (told.error.strip() or told.out.strip()).splitlines()
        raise UserError(
            f"cannot sign in to {server} as {registry.username}: {words[-1] if words else told.code}",
            hint="check the service connection",
        )


class SignedIn:
    """Signed in while a `with` lasts; without an endpoint there is nothing to do."""

    def __init__(self, job: JobState, engine: Engine, endpoint: str) -> None:
        self._job = job
        self._engine = engine
        self._endpoint = endpoint
        self._folder = job.layout.temp / f"registry-{os.urandom(8).hex()}"
        self.server = ""
        self.environment: dict[str, str] = {}

    @staticmethod
    def server_of(job: JobState, endpoint: str) -> str:
        """The registry of an endpoint; empty without one."""
        return registry_of(job, endpoint).server if endpoint else ""

    def __enter__(self) -> Self:
        if self._endpoint:
            registry = registry_of(self._job, self._endpoint)
            self._job.masker.add(registry.password)
            self.environment = login_environment(self._engine, self._folder)
            sign_in(self._engine, registry, self.environment)
            self.server = registry.server
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
