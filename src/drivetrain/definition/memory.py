"""`TemplateFiles` in memory, for tests and examples."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from drivetrain.definition.read import decoded
from drivetrain.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import RepositoryResource

    Files = Mapping[str, str | bytes]


class MemoryFiles:
    """Files by path, and those of other repositories by alias."""

    def __init__(self, own: Files, others: Mapping[str, Files] | None = None) -> None:
        self._own = own
        self._others = others or {}

    def read(self, path: str, repository: RepositoryResource | None) -> str:
        """The text of a file. Raises NotFoundError, UnavailableError, DefinitionError."""
        shown = path if repository is None else f"{path}@{repository.alias}"
        found = self._files(repository).get(posixpath.normpath(path.replace("\\", "/").lstrip("/")))
        if found is None:
            where = "the repository" if repository is None else f"the repository {repository.alias!r}"
            raise NotFoundError(f"there is no file {path!r} in {where}")
        return found if isinstance(found, str) else decoded(found, shown)

    def _files(self, repository: RepositoryResource | None) -> Files:
        if repository is None:
            return self._own
        if repository.alias not in self._others:
            raise UnavailableError(f"nobody said where the repository {repository.alias!r} is")
        return self._others[repository.alias]
