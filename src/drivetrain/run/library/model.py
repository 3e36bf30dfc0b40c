"""The library: what pipelines use and no file holds. Everything in it belongs to a project.

`project` is the name of a project, or empty for the home's own library: runs of a working tree look there first, and a
project falls back to it. https://learn.microsoft.com/azure/devops/pipelines/library/
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from drivetrain.run.model import Run


class GroupVariable(Struct, frozen=True):
    """A variable of a group, opened."""

    value: str
    secret: bool = False


class VariableGroup(Struct, frozen=True):
    """Variables that several pipelines share.

    https://learn.microsoft.com/azure/devops/pipelines/library/variable-groups
    """

    name: str
    variables: Mapping[str, GroupVariable] = field(default_factory=dict)
    description: str = ""
    vault: str = ""
    """The local key vault whose secrets it passes on; empty for one that has its own values."""


class SecureFile(Struct, frozen=True):
    """A file that is kept sealed, as it is handed to a job.

    https://learn.microsoft.com/azure/devops/pipelines/library/secure-files
    """

    id: str
    """A GUID."""
    name: str
    ticket: str
    """A folder-free name below the home's secure files, where its sealed bytes lie."""


class Connection(Struct, frozen=True):
    """A service connection (the task library says endpoint), opened.

    https://learn.microsoft.com/azure/devops/pipelines/library/service-endpoints
    """

    id: str
    """A GUID."""
    name: str
    type: str
    """As Azure names types: `generic`, `github`, `git`, `azurerm`, `externalpythondownloadfeed`, `dockerregistry`."""
    url: str
    scheme: str
    """How it signs in: `Token`, `UsernamePassword`, `ServicePrincipal`, `WorkloadIdentityFederation`, `None`, ..."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The authorization's parameters, secrets among them: `username`, `password`, `apitoken`, `serviceprincipalkey`."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What is not secret: `subscriptionId`, `subscriptionName`, `environment`, ..."""
    secret: frozenset[str] = frozenset()
    """Those of `parameters` that are to be masked."""
    project: str = ""
    """Whose it is; empty for the home's own."""


class KeyVault(Struct, frozen=True):
    """Secrets under a name, kept here as an Azure key vault keeps them there, opened.

    https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
    """

    name: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    """Whose it is; empty for the home's own."""


class ItemKind(StrEnum):
    """What the library keeps; the first three are resources of pipelines (plan/model.py)."""

    VARIABLE_GROUP = "variableGroup"
    SERVICE_CONNECTION = "serviceConnection"
    SECURE_FILE = "secureFile"
    KEY_VAULT = "keyVault"


class ItemValue(Struct, frozen=True):
    """A variable of a group, a parameter of a connection, a secret of a vault, as people may see it."""

    name: str
    value: str | None = None
    """None for a secret: it is never shown again."""
    changed_at: str = ""

    @property
    def secret(self) -> bool:
        """Whether it is one."""
        return self.value is None


class Permit(Struct, frozen=True):
    """A pipeline that may use an item."""

    pipeline: str
    """As `pipeline_of` names it."""
    permitted_at: str = ""
    permitted_by: str = ""


class Item(Struct, frozen=True):
    """Something in the library, as people may see it: no secret is in it."""

    id: str
    """A GUID."""
    kind: ItemKind
    name: str
    project: str = ""
    """Whose it is; empty for the home's own."""
    description: str = ""
    open: bool = False
    """Every pipeline of its project may use it; else each needs a permit."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What is said of it: `vault` of a group; `type`, `url`, `scheme` and `data.*` of a connection; `size` and `ticket`
    of a secure file."""
    values: tuple[ItemValue, ...] = ()
    """By name."""
    permits: tuple[Permit, ...] = ()
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""


class Edit(Struct, frozen=True):
    """What is to become of an item; None, and what is not named, stays as it is."""

    description: str | None = None
    data: Mapping[str, str | None] | None = None
    """Merged into what there is; None takes one out."""
    plain: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    """Values that go, by name."""
    open: bool | None = None
    content: bytes | None = None
    """What a secure file is to hold."""


def pipeline_of(run: Run) -> str:
    """What permits call the pipeline of a run: its project's name; of a working tree its folder."""
    return run.project or run.source.uri
