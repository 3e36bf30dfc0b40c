"""The mirrors of a home as a job uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.source.access import ANONYMOUS, Access, Login
from drivetrain.source.git import Git, has_commit, is_local

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.home import Home

STRANGERS = "strangers"


class JobMirrors:
    """The Mirrors port of the run station."""

    def __init__(self, home: Home, *, restricted: bool = False) -> None:
        """Nothing is opened before the first call. A restricted run, of a fork's pull request, has mirrors apart, and
        sees what anybody may see.
        """
        self._folder = home.mirrors / STRANGERS if restricted else home.mirrors
        self._restricted = restricted

    def repository(self, url: str, sha: str, login: tuple[str, str] | None = None) -> Path:
        """Branches and tags are fetched first, then, where none has it, the commit by its id."""
        access = Access("", Login(*login)) if login else None
        access = ANONYMOUS if self._restricted else access
        git = Git(self._folder, lambda _: access)
        found = git.repository(url, sha)
        if not is_local(url) and not has_commit(found, sha):
            git.fetch_also(url, sha)
        if not has_commit(found, sha):
            raise NotFoundError(f"commit {sha} is not in {url}", hint="was it pushed there?")
        return found
