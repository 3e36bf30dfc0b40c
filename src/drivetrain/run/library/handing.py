"""What of the library is handed to a job: the connections, secure files and vaults that its steps name, and no other.

A name may hold macros of variables that are set when the job starts. What is not there is not handed over: the step
that asks for it says so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.plan.names.model import of_major_version
from drivetrain.run.library.model import ItemKind
from drivetrain.run.library.ports import WORDS
from drivetrain.run.tasks.index import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from drivetrain.plan.model import StepPlan
    from drivetrain.run.library.model import Connection, KeyVault, SecureFile
    from drivetrain.run.library.ports import Library

_VAULTS = {reference.lower(): entry for reference, entry in TASKS.items() if entry.vaults}


class Handed(Struct, frozen=True):
    """What a job gets of the library, by the names that its steps use."""

    connections: Mapping[str, Connection] = field(default_factory=dict)
    secure_files: Mapping[str, SecureFile] = field(default_factory=dict)
    vaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Secrets by vault; see `vault_key`."""


def vault_key(connection: str, vault: str) -> str:
    """What a vault is called by that is reached through a connection."""
    return f"{connection.lower()}/{vault.lower()}"


class Hand:
    """Takes out of a library what the steps of one job name."""

    def __init__(self, library: Library, project: str, text: Callable[[str], str]) -> None:
        """`text` expands the macros of a text as they are known when the job starts."""
        self._library = library
        self._project = project
        self._text = text

    def over(self, steps: Iterable[StepPlan], uses: Iterable[ResourceUse]) -> Handed:
        """What the job gets. Raises CorruptError when a secret cannot be opened, UnavailableError."""
        connections: dict[str, Connection] = {}
        files: dict[str, SecureFile] = {}
        for use in self.named(uses):
            with suppress(NotFoundError):
                if use.kind is ResourceKind.SERVICE_CONNECTION:
                    connections[use.name] = self._library.connection(self._project, use.name)
                elif use.kind is ResourceKind.SECURE_FILE:
                    files[use.name] = self._library.secure_file(self._project, use.name)
        vaults = self._vaults(steps, {name.lower(): each for name, each in connections.items()})
        return Handed(connections, files, vaults)

    def named(self, uses: Iterable[ResourceUse]) -> list[ResourceUse]:
        """The resources by the names that they come to."""
        return [ResourceUse(use.kind, self._expanded(use.name), use.position) for use in uses]

    def _expanded(self, name: str) -> str:
        try:
            return self._text(name).strip()
        except UserError:
            return name

    def _vaults(self, steps: Iterable[StepPlan], connections: Mapping[str, Connection]) -> dict[str, dict[str, str]]:
        vaults: dict[str, dict[str, str]] = {}
        for inputs in self._asking(steps):
            through, name = inputs.get("azuresubscription", ""), inputs.get("keyvaultname", "")
            connection = connections.get(through.lower())
            vault = self._opened(connection, name) if connection is not None else None
            if vault is not None:
                vaults[vault_key(through, name)] = dict(vault.secrets)
        return vaults

    def _asking(self, steps: Iterable[StepPlan]) -> Iterator[dict[str, str]]:
        for step in steps:
            if of_major_version(step.task).lower() in _VAULTS:
                inputs = {name.lower(): self._expanded(value) for name, value in step.inputs.items()}
                inputs.setdefault("azuresubscription", inputs.get("connectedservicename", ""))
                yield inputs

    def _opened(self, connection: Connection, name: str) -> KeyVault | None:
        """A connection opens the vaults of where it is kept: that of a project does not open the home's."""
        with suppress(NotFoundError):
            vault = self._library.vault(self._project, name)
            if vault.project == connection.project or not connection.project:
                return vault
        return None


def refuse_unpermitted(library: Library, project: str, pipeline: str, uses: Iterable[ResourceUse]) -> None:
    """Raise UserError when the pipeline has no permission to use one of them."""
    for use in library.unpermitted(project, pipeline, uses):
        raise UserError(
            f"This pipeline needs permission to use the {WORDS[ItemKind(use.kind)][0]} '{use.name}'.",
            hint=f"{permit_command(use, pipeline)} gives it; then run it again",
        )


def permit_command(use: ResourceUse, pipeline: str) -> str:
    """The command that lets a pipeline use a resource."""
    verb = WORDS[ItemKind(use.kind)][1].rpartition(" ")[0]
    return f"`{verb} permit '{use.name}' '{pipeline}'`"
