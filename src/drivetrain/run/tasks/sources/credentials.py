"""The credentials of a repository's host in a job: for that host only, and never in an address or a log.

`persistCredentials` puts them into the settings of the checkout, where the Azure agent puts them, until the job ends.
https://learn.microsoft.com/azure/devops/pipelines/scripts/git-commands#run-git-commands-in-a-script
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.run.model import basic
from drivetrain.run.tasks.sources.repository import section

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.runner.context import StepContext

_SITE = re.compile(r"(https?://)(?:[^/@]*@)?([^/?#]+)")


def site_of(url: str) -> str:
    """The scheme and host of an address by http: what credentials are for; empty for any other."""
    found = _SITE.match(url)
    return (found[1] + found[2]).lower() if found else ""


def login_for(context: StepContext, url: str) -> tuple[str, str] | None:
    """User name and password at the url's host; None when the job was given none."""
    return context.job.handed.logins.get(site_of(url))


def signed_in(context: StepContext, url: str) -> dict[str, str]:
    """The settings of a git command that is to sign in at the url's host, and at no other."""
    login = login_for(context, url)
    return {f"http.{site_of(url)}/.extraHeader": f"Authorization: Basic {basic(login)}"} if login else {}


def persist(context: StepContext, config: Path, url: str) -> None:
    """Let later steps act at the repository's host, until the job ends."""
    login = login_for(context, url)
    if login is None:
        context.log.line(f"There are no credentials for {url or 'this repository'} that later steps could use.")
        return
    secret = basic(login)
    context.job.masker.add(secret, login[1])
    added = section(f'http "{url}"', {"extraheader": f"AUTHORIZATION: basic {secret}"})
    config.chmod(0o600)
    with config.open("a", encoding="utf-8") as file:
        file.write(added)
    context.job.at_end.append(lambda: _forget(config, secret))


def _forget(config: Path, secret: str) -> None:
    """Take every line with the secret away, wherever a script has moved it in the file."""
    if not config.is_file():
        return
    lines = config.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
    kept = [line for line in lines if secret not in line]
    config.write_text("".join(kept), "utf-8", "surrogateescape")
