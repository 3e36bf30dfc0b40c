"""What a job asks of the home's mirrors of repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path


class Mirrors(Protocol):
    """Local copies of repositories, shared by all jobs."""

    def repository(self, url: str, sha: str, login: tuple[str, str] | None = None) -> Path:
        """A local repository that holds a commit, fetched from `url` when no mirror has it; it may only be read.
        `login`: user name and password at the url's host. Raises UnavailableError.
        """
        ...


class NoMirrors:
    """Nothing can be fetched."""

    def repository(self, url: str, sha: str, login: tuple[str, str] | None = None) -> Path:
        """Never one."""
        del sha, login
        raise UnavailableError(f"{url} cannot be fetched here")
