"""`TemplateFiles` on real repositories: the pipeline's own, as a folder or a commit, and the others it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.read import decoded

if TYPE_CHECKING:
    from drivetrain.definition.model import RepositoryResource
    from drivetrain.source.trees import Tree
    from drivetrain.wire.repositories import Repositories


class PipelineFiles:
    """The files that one pipeline is made of. What was read once stays as it was."""

    def __init__(self, own: Tree, repositories: Repositories) -> None:
        self._own = own
        self.repositories = repositories
        self._texts: dict[tuple[str, Tree], str] = {}
        self.texts: dict[str, str] = {}
        """What was read, by what positions call it: `path`, or `path@alias`."""

    def read(self, path: str, repository: RepositoryResource | None) -> str:
        """The text of a file. Raises NotFoundError, UnavailableError, DefinitionError."""
        tree = self._own if repository is None else self.repositories.find(repository).tree
        if (path, tree) not in self._texts:
            shown = path if repository is None else f"{path}@{repository.alias}"
            self._texts[path, tree] = self.texts[shown] = decoded(tree.read(path), shown)
        return self._texts[path, tree]
