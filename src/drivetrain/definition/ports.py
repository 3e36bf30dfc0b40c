"""What the definition station needs from outside, as a Protocol with a contract test in tests/contracts/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drivetrain.definition.model import RepositoryResource


class TemplateFiles(Protocol):
    """Where template files are read from: the pipeline's own repository at its commit, and the others it names."""

    def read(self, path: str, repository: RepositoryResource | None) -> str:
        """The text of a file.

        Args:
            path: relative to the top of the repository, with forward slashes; never leaves it.
            repository: one of `resources.repositories`; None for the pipeline's own.

        Raises:
            NotFoundError: there is no such file at that place; the message names both.
            UnavailableError: the repository cannot be reached, or nobody said where it is.
            DefinitionError: the file is not UTF-8.
        """
        ...
