"""What the engine asks of the library when it makes a job ready (contract: tests/contracts/test_library.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.errors import NotFoundError
from drivetrain.run.library.model import ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivetrain.plan.model import ResourceUse
    from drivetrain.run.library.model import Connection, KeyVault, SecureFile, VariableGroup

WORDS = {
    ItemKind.VARIABLE_GROUP: ("variable group", "drivetrain variable-group add"),
    ItemKind.SERVICE_CONNECTION: ("service connection", "drivetrain connection add"),
    ItemKind.SECURE_FILE: ("secure file", "drivetrain secure-file add"),
    ItemKind.KEY_VAULT: ("key vault", "drivetrain secret set"),
}
"""What people call them, and the command that makes one."""


class Library(Protocol):
    """Opens what a job may use: first what the project has, then what the home has. Names are compared ignoring case.
    Any thread may call it."""

    def group(self, project: str, name: str) -> VariableGroup:
        """A variable group with its values. Raises NotFoundError, also for a secret of a vault that is not there."""
        ...

    def connection(self, project: str, name: str) -> Connection:
        """A service connection, by name or id. Raises NotFoundError."""
        ...

    def secure_file(self, project: str, name: str) -> SecureFile:
        """A secure file, by name or id. Raises NotFoundError."""
        ...

    def vault(self, project: str, name: str) -> KeyVault:
        """A local key vault with its secrets. Raises NotFoundError."""
        ...

    def missing(self, project: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that are not in the library; an environment never is."""
        ...

    def unpermitted(self, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that are in the library and that the pipeline (`pipeline_of` its run) has no permission to use.

        https://learn.microsoft.com/azure/devops/pipelines/process/about-resources
        """
        ...


class EmptyLibrary:
    """A library without anything in it."""

    def group(self, project: str, name: str) -> VariableGroup:
        """Raises NotFoundError."""
        raise not_there(ItemKind.VARIABLE_GROUP, name, project)

    def connection(self, project: str, name: str) -> Connection:
        """Raises NotFoundError."""
        raise not_there(ItemKind.SERVICE_CONNECTION, name, project)

    def secure_file(self, project: str, name: str) -> SecureFile:
        """Raises NotFoundError."""
        raise not_there(ItemKind.SECURE_FILE, name, project)

    def vault(self, project: str, name: str) -> KeyVault:
        """Raises NotFoundError."""
        raise not_there(ItemKind.KEY_VAULT, name, project)

    def missing(self, project: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """All but environments."""
        del project
        kinds = {str(kind) for kind in ItemKind}
        return [use for use in uses if use.kind in kinds]

    def unpermitted(self, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """None."""
        del project, pipeline, uses
        return []


def not_there(kind: ItemKind, name: str, project: str) -> NotFoundError:
    """There is nothing of that kind and name."""
    word, command = WORDS[kind]
    where = f" --project '{project}'" if project else ""
    return NotFoundError(f"there is no {word} '{name}'", hint=f"`{command}{where}` makes one")
