"""What Azure calls the kind of a repository, and the repository itself, by its URL. Pure.

https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables-devops-services
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from drivetrain.source.access import host_of
from drivetrain.source.git import without_credentials
from drivetrain.source.subversion import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_AZURE_SITES = ".visualstudio.com"
_PARTS = 2


def provider_of(url: str) -> str:
    """`$(Build.Repository.Provider)`. A server of one's own cannot be told by its URL: it is `Git`."""
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
