"""What Azure calls the kind of a repository, and the repository itself, by its link to a host or its URL. Pure.

https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables-devops-services
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from drivetrain.source.access import host_of
from drivetrain.source.git import without_credentials
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.hosts.places import api_of
from drivetrain.source.subversion import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.source.hosts.model import Link

SUBVERSION = "Svn"
OTHER = "Git"
AZURE = "TfsGit"
OWNED = frozenset({"GitHub", "GitHubEnterprise", "Bitbucket"})
"""Where a repository is called `owner/name`."""
_SITES: Mapping[str, str] = {
    "github.com": "GitHub",
    "ssh.github.com": "GitHub",
    "bitbucket.org": "Bitbucket",
    "altssh.bitbucket.org": "Bitbucket",
    "dev.azure.com": AZURE,
    "ssh.dev.azure.com": AZURE,
}
_HOSTS: Mapping[HostKind, str] = {
    HostKind.GITHUB: "GitHub",
    HostKind.AZURE_REPOS: AZURE,
    HostKind.BITBUCKET: "Bitbucket",
}
_AZURE_SITES = ".visualstudio.com"
_PARTS = 2


def provider_of(url: str, link: Link | None = None) -> str:
    """`$(Build.Repository.Provider)`. A server of one's own cannot be told by its URL: without a link, it is `Git`."""
    if link is not None and link.host in _HOSTS:
        enterprise = link.host is HostKind.GITHUB and link.api != api_of(HostKind.GITHUB)
        return "GitHubEnterprise" if enterprise else _HOSTS[link.host]
    if url.startswith(SCHEMES):
        return SUBVERSION
    host = host_of(url).partition(":")[0]
    return AZURE if host.endswith(_AZURE_SITES) else _SITES.get(host, OTHER)


def name_of(url: str, provider: str) -> str:
    """`$(Build.Repository.Name)`: `owner/name` where hosts call it so, else the last part; empty when there is none."""
    path = without_credentials(url).partition("://")[2] if "://" in url else url.replace(":", "/", 1)
    parts = [unquote(part) for part in PurePosixPath(path).parts if part != "/"]
    last = parts[-1].removesuffix(".git") if parts else ""
    if provider in OWNED and len(parts) > _PARTS:
        return f"{parts[-2]}/{last}"
    return last
