"""A task package: a task of the user's, as its `task.json` describes it.

https://learn.microsoft.com/azure/devops/extend/develop/integrate-build-task
"""

from __future__ import annotations

from msgspec import Struct, field

INDEX_VERSION = 1


class PackageInput(Struct, frozen=True):
    """One input of a task."""

    name: str
    type: str = "string"
    default: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()
    visible_rule: str = ""
    options: tuple[str, ...] = ()
    """What a list to pick from holds; empty where anything may be written."""

    @property
    def names_connections(self) -> bool:
        """Whether its value names service connections."""
        return self.type.lower().startswith("connectedservice:")

    @property
    def names_secure_files(self) -> bool:
        """Whether its value names secure files."""
        return self.type.lower() == "securefile"


class Handler(Struct, frozen=True):
    """How a part of a task can be carried out."""

    kind: str
    """As `task.json` spells it: `Node20_1`, `PowerShell3`."""
    target: str
    """The file that is run, below the task's folder."""
    working_directory: str = ""


class TaskPackage(Struct, frozen=True):
    """One version of one task."""

    name: str
    id: str
    """A GUID, in lower case."""
    version: tuple[int, int, int]
    title: str
    description: str = ""
    author: str = ""
    help: str = ""
    inputs: tuple[PackageInput, ...] = ()
    before: tuple[Handler, ...] = ()
    """`prejobexecution`."""
    main: tuple[Handler, ...] = ()
    """`execution`."""
    after: tuple[Handler, ...] = ()
    """`postjobexecution`."""
    restricted: bool = False
    """`restrictions.commands.mode: restricted`."""
    settable: tuple[str, ...] | None = None
    """`restrictions.settableVariables.allowed`; None for no limit."""
    demands: tuple[str, ...] = ()
    minimum_agent: str = ""
    deprecated: str | None = None
    """None, or what its author says of that."""
    extension: str = ""
    """`publisher.extension.contribution`, of one that came in an extension."""
    digest: str = ""
    """Of everything in its folder; the name of that folder on the shelf."""
    source: str = ""
    """Where it was taken from."""

    @property
    def reference(self) -> str:
        """As a pipeline names it: `CopyFiles@2`."""
        return f"{self.name}@{self.version[0]}"

    @property
    def version_text(self) -> str:
        """All of the version: `2.276.0`."""
        return ".".join(map(str, self.version))

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a pipeline may call it, without the version."""
        return (self.name, self.id, *([f"{self.extension}.{self.name}"] if self.extension else []))


class Index(Struct, frozen=True):
    """What is on the shelf: the file `index.json`."""

    packages: tuple[TaskPackage, ...] = ()
    folders: dict[str, str] = field(default_factory=dict)
    """What a folder of the settings looked like when its tasks were taken: path -> mark."""
    version: int = INDEX_VERSION
