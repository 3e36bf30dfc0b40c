"""Tokens of GitHub Apps for git: asked for at GitHub about once an hour for a repository."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.github import HEADERS
from drivetrain.source.hosts.github_app import AppTokens
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.hosts.places import api_of
from drivetrain.source.providers import name_of

if TYPE_CHECKING:
    from drivetrain.run.library.model import Connection


class TokensOfApps:
    """Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[Credentials, AppTokens]] = {}

    def __call__(self, connection: Connection, url: str) -> str:
        """The token that holds now for a repository. Raises DrivetrainError as GitHub's client does."""
        credentials = Credentials(connection.scheme, connection.parameters)
        key = connection.id, name_of(url, "GitHub")
        with self._lock:
            known = self._kept.get(key)
            if known is None or known[0] != credentials:
                api = api_of(HostKind.GITHUB, connection.url)
                known = (credentials, AppTokens(api, key[1], HEADERS, credentials))
                self._kept[key] = known
        return known[1].token()
