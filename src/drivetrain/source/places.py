"""Reads the repositories of projects, of git and of Subversion, as if all were git's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.git import Git, GitError, has_commit
from drivetrain.source.locking import locked, note_use
from drivetrain.source.subversion import SubversionMirror, Svn, is_subversion

if TYPE_CHECKING:
    from pathlib import Path


class Places(Git):
    """`Git` for every url that a project may have."""

    def refs(self, url: str) -> dict[str, str]:
        """Branches and tags; of Subversion the one folder, taken in up to now. Raises GitError."""
        return self._follow(url) if is_subversion(url) else super().refs(url)

    def default_branch(self, url: str) -> str:
        """The short name of the default branch; of Subversion the folder's path. Raises GitError."""
        if not is_subversion(url):
            return super().default_branch(url)
        folder = Svn(url, self._access(url)).folder()
        if folder is None:
            raise GitError(f"there is no folder {url}", hint="`svn list` shows what is there")
        return folder.branch

    def mirror(self, url: str) -> Path:
        """A local git repository that has what the url has now. Raises GitError."""
        if not is_subversion(url):
            return super().mirror(url)
        self._follow(url)
        return self.mirror_path(url)

    def fetch_also(self, url: str, name: str) -> None:
        """Raises GitError for Subversion, which has nothing besides."""
        if is_subversion(url):
            raise GitError(f"there is no {name} in {url}", hint="a project of Subversion is one folder")
        super().fetch_also(url, name)

    def repository(self, url: str, sha: str) -> Path:
        """A local repository that holds the commit. Raises GitError."""
        path = self.mirror_path(url)
        if is_subversion(url) and path.is_dir() and has_commit(path, sha):
            note_use(path)
            return path
        return self.mirror(url) if is_subversion(url) else super().repository(url, sha)

    def _follow(self, url: str) -> dict[str, str]:
        path = self.mirror_path(url)
        with locked(path):
            return SubversionMirror(path, Svn(url, self._access(url))).follow()
