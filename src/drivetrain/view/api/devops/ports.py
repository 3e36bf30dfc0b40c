"""What the Azure DevOps API needs from outside beside what pages need, as a Protocol. Any thread may call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.run.model import Run
    from drivetrain.source.model import Project
    from drivetrain.view.ports import QueueRequest


class CommitEntry(Struct, frozen=True):
    """A commit of a repository."""

    sha: str
    message: str
    """The whole message."""
    author: str
    email: str
    at: str
    """When it was written, as a timestamp."""
    parents: tuple[str, ...] = ()


class TreeEntry(Struct, frozen=True):
    """A file or folder of a commit."""

    path: str
    """From the top, without a slash in front."""
    sha: str
    folder: bool = False
    size: int = 0


class Repository(Struct, frozen=True):
    """A repository whose pipeline runs here."""

    name: str
    url: str
    """What the user named, without a password."""
    branch: str
    """The default branch, short."""
    read_from: str
    """How `Sources` finds it again: hostile to nobody, shown to nobody."""


class Sources(Protocol):
    """Reads the repositories of pipelines, and expands their files."""

    def of_project(self, project: Project) -> Repository:
        """The repository of a project."""
        ...

    def of_run(self, run: Run) -> Repository:
        """The repository of a run of a working tree."""
        ...

    def preview(self, request: QueueRequest, text: str | None, *, by: str) -> str:
        """The final YAML of a run that is not started; of `text` in place of the file, when there is one. Raises
        UserError.
        """
        ...

    def refs(self, repository: Repository) -> Mapping[str, str]:
        """Branches and tags with what they point to. Raises UnavailableError."""
        ...

    def commits(self, repository: Repository, version: str, path: str, skip: int, top: int) -> Sequence[CommitEntry]:
        """The history of a branch, tag or commit, newest first; only of a path unless it is empty. Raises
        NotFoundError.
        """
        ...

    def commit(self, repository: Repository, version: str) -> CommitEntry:
        """One commit, by its id or what names it. Raises NotFoundError."""
        ...

    def tree(self, repository: Repository, version: str, path: str, *, deep: bool) -> Sequence[TreeEntry]:
        """What is below a folder, the folder itself first; or the file. Raises NotFoundError."""
        ...

    def read(self, repository: Repository, version: str, path: str) -> bytes:
        """A file at a branch, tag or commit. Raises NotFoundError."""
        ...

    def changes(self, run: Run, before: Run | None, top: int) -> Sequence[CommitEntry]:
        """What a run has that the run before had not, newest first; its own commit when there is none before."""
        ...
