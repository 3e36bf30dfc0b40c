"""The client of a host, loaded when it is first wanted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from drivetrain.source.hosts.model import HostKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import Link
    from drivetrain.source.hosts.ports import Host

CLIENTS: Mapping[HostKind, str] = {
    HostKind.GITHUB: "github:GitHub",
    HostKind.AZURE_REPOS: "azure_repos:AzureRepos",
    HostKind.BITBUCKET: "bitbucket:Bitbucket",
    HostKind.GITLAB: "gitlab:GitLab",
    HostKind.GITEA: "gitea:Gitea",
}
"""Modules beside this one, and their classes."""


def client(link: Link, credentials: Credentials | None, clock: Clock | None = None) -> Host | None:
    """Who speaks to the host of a link; None when there are no credentials to do so.

    It keeps connections open and, of an App, its token: keep it as long as link and credentials stay the same. Raises
    UserError when the link's address is not one.
    """
    if credentials is None:
        return None
    module, _, name = CLIENTS[link.host].partition(":")
    make = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return cast("Host", make(link, credentials, clock))
