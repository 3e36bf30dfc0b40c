"""The whole id of a pull request's head, where the host tells only the beginning (Bitbucket Cloud)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivetrain.errors import UserError
from drivetrain.source.git import SHA, without_credentials

if TYPE_CHECKING:
    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Repositories

FEWEST_DIGITS = 7


class Heads:
    """The Commits port on what repositories say where their branches are."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    def head(self, project: Project, pull_request: PullRequest) -> str:
        """The whole id; empty when its branch is elsewhere by now. Raises UnavailableError, UserError when nobody can
        be asked.
        """
        told = pull_request.head_sha
        if SHA.fullmatch(told):
            return told
        if len(told) < FEWEST_DIGITS:
            raise UserError(f"pull request {pull_request.number} names no commit")
        found = self._repositories.refs(_place(project, pull_request)).get(pull_request.source, "")
        return found if found.startswith(told) else ""


def _place(project: Project, pull_request: PullRequest) -> str:
    """Where the branch is. A payload's address is asked only where it is at the project's own host: whoever opens a
    pull request must not choose whom we connect to.
    """
    if not pull_request.fork:
        return project.url
    ours, theirs = urlsplit(without_credentials(project.url)), urlsplit(pull_request.source_url)
    if ours.hostname and (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc):
        return pull_request.source_url
    raise UserError(f"pull request {pull_request.number} comes from {pull_request.source_url[:200]!r}, another host")
