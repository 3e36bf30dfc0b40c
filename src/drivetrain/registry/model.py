"""What an Azure Machine Learning workspace holds: named, versioned things, kept with their REST bodies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

PROVIDER = "Microsoft.MachineLearningServices"
REGISTRIES = "registries"
"""The subscription and the group of registries, which are kept as workspaces that belong to none."""


class AssetKind(StrEnum):
    """What a workspace holds, as the path of its REST route names it.

    https://learn.microsoft.com/rest/api/azureml/
    """

    CODE = "codes"
    COMPONENT = "components"
    COMPUTE = "computes"
    DATA = "data"
    DATASTORE = "datastores"
    ENVIRONMENT = "environments"
    MODEL = "models"
    SCHEDULE = "schedules"
    CONNECTION = "connections"
    BATCH_ENDPOINT = "batchEndpoints"
    BATCH_DEPLOYMENT = "batchDeployments"
    """Named `ENDPOINT/DEPLOYMENT`."""


class Workspace(Struct, frozen=True):
    """A workspace: the place where a client looks for everything else."""

    id: str
    """A GUID."""
    subscription: str
    resource_group: str
    name: str
    project: str = ""
    """Whose it is: jobs of other projects cannot see it. Empty for the home's own."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """What its maker said: `location`, `tags`, `properties`."""
    created_at: str = ""
    created_by: str = ""

    @property
    def path(self) -> str:
        """Its id in Azure Resource Manager.

        https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
        """
        if self.subscription == REGISTRIES:
            return f"azureml://registries/{self.name}"
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{PROVIDER}/workspaces/{self.name}"


class Asset(Struct, frozen=True):
    """One thing in a workspace."""

    workspace: str
    """Its workspace's GUID."""
    kind: AssetKind
    name: str
    version: str = ""
    """Empty for what has no versions: a compute, a datastore, an endpoint."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The REST body as the client gave it: `properties`, `tags`, `identity`, `sku`, ...; secrets of it are sealed."""
    hash: str = ""
    """Of its content, where the client says one (`properties.properties.hash_sha256` of code)."""
    archived: bool = False
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""


def text_of(body: Mapping[str, Any], *path: str) -> str:
    """The text at a path of a REST body; empty when it is not there, or is no text."""
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
