"""The library as a run sees it whose files a stranger wrote: a pull request from a fork.

https://learn.microsoft.com/azure/devops/pipelines/security/repos#forks
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.run.library.model import ItemKind
from drivetrain.run.library.ports import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from drivetrain.plan.model import ResourceUse
    from drivetrain.run.library.model import Connection, KeyVault, SecureFile, VariableGroup
    from drivetrain.run.library.ports import Library

FORK = "System.PullRequest.IsFork"
LEAVE_OUT = f"have its steps left out by `condition: ne(variables['{FORK}'], 'True')`"


class Withheld:
    """The Library port without anything that is secret. What is no secret is there."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def group(self, project: str, name: str) -> VariableGroup:
        """A variable group without its secret variables. Raises NotFoundError."""
        found = self._library.group(project, name)
        return replace(found, variables={key: each for key, each in found.variables.items() if not each.secret})

    def connection(self, project: str, name: str) -> Connection:
        """Raises NotFoundError."""
        raise _withheld(ItemKind.SERVICE_CONNECTION, project, name)

    def secure_file(self, project: str, name: str) -> SecureFile:
        """Raises NotFoundError."""
        raise _withheld(ItemKind.SECURE_FILE, project, name)

    def vault(self, project: str, name: str) -> KeyVault:
        """Raises NotFoundError."""
        raise _withheld(ItemKind.KEY_VAULT, project, name)

    def missing(self, project: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that are not in the library at all."""
        return self._library.missing(project, uses)

    def unpermitted(self, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> Sequence[ResourceUse]:
        """Those that the pipeline has no permission to use."""
        return self._library.unpermitted(project, pipeline, uses)


def _withheld(kind: ItemKind, project: str, name: str) -> NotFoundError:
    del project
    what = WORDS[kind][0]
    return NotFoundError(f"the {what} '{name}' is not given to a pull request from a fork", hint=LEAVE_OUT)
