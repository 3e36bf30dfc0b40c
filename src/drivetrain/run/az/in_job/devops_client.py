"""The clients of azure-devops that a command line is about: the organization, the project, and the sign-in."""

from __future__ import annotations

import os
import sys
from pathlib import Path  # noqa: TC003 - shared with code that needs it
from typing import Any
from urllib.parse import urlsplit

from .configuration import default, folder
from .errors import CommandError

FILE = "azuredevops/config"
_LOCAL = ("127.0.0.1", "localhost", "::1")


def organization(given: Any) -> str:
    """Its address: the option, the default, else the one that the job or terminal belongs to. Raises CommandError."""
    told = getattr(given, "org", None) or default("organization", FILE)
    found = told or os.environ.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI") or _own()
    if not found:
        raise CommandError(
            "--organization must be specified. The value should be the URI of your Azure DevOps organization, for "
            "example: https://dev.azure.com/MyOrganization/. You can set a default value by running: az devops "
            "configure --defaults organization=https://dev.azure.com/MyOrganization/."
        )
    return str(found).rstrip("/")


def _own() -> str:
    """The home that the environment leads to."""
    parts = urlsplit(os.environ.get("IDENTITY_ENDPOINT", ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def project(given: Any) -> str:
    """Its name: the option, the default, else the job's own. Raises CommandError."""
    found = getattr(given, "project", None) or default("project", FILE) or os.environ.get("SYSTEM_TEAMPROJECT")
    if not found:
        raise CommandError(
            "--project must be specified. The value should be the ID or name of a team project. You can set a default "
            "value by running: az devops configure --defaults project=ContosoWebApp."
        )
    return str(found)


def token(address: str) -> str:
    """A personal access token: of the environment, of `az devops login`, else the job's own for its own server."""
    kept = _kept()
    told = os.environ.get("AZURE_DEVOPS_EXT_PAT") or (kept.read_text("utf-8").strip() if kept.is_file() else "")
    if told:
        return told
    host = urlsplit(address).hostname
    own = os.environ.get("SYSTEM_ACCESSTOKEN") or os.environ.get("IDENTITY_HEADER", "")
    ours = urlsplit(os.environ.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "")).hostname
    if own and host in (*_LOCAL, ours):
        return own
    raise CommandError("Before you can run Azure DevOps commands, you need to run the login command (az login if using "
                       "AAD/MSA identity else az devops login if using PAT token) to setup credentials.")  # fmt: skip


def _kept() -> Path:
    return folder() / "azuredevops" / "personal_access_token"


def sign_in() -> None:
    """Keep the token that comes on standard input, in the folder of the Azure CLI."""
    given = sys.stdin.readline().strip()
    if not given:
        raise CommandError("A personal access token is expected on standard input.")
    path = _kept()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(given)


def sign_out() -> None:
    """Forget it."""
    if _kept().is_file():
        _kept().unlink()


class Services:
    """The clients, each made when it is first used."""

    def __init__(self, given: Any) -> None:
        self.given = given
        self._connection: Any = None

    @property
    def project(self) -> str:
        """The project's name."""
        return project(self.given)

    @property
    def connection(self) -> Any:
        """The connection."""
        if self._connection is None:
            from azure.devops.connection import Connection  # noqa: PLC0415 - half a second to import
            from msrest.authentication import BasicAuthentication  # noqa: PLC0415 - as above

            address = organization(self.given)
            self._connection = Connection(base_url=address, creds=BasicAuthentication("", token(address)))
        return self._connection

    def client(self, name: str) -> Any:
        """`build`, `pipelines`, `task_agent`, `core`."""
        return getattr(self.connection.clients_v7_1, f"get_{name}_client")()
