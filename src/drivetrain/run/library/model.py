"""The library: what pipelines use and no file holds. Everything in it belongs to a project.

`project` is the name of a project, or empty for the home's own library: runs of a working tree look there first, and a
project falls back to it. https://learn.microsoft.com/azure/devops/pipelines/library/
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


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
    """As Azure names types: `generic`, `github`, `git`, `azurerm`, `externalpythonrepository`, `dockerregistry`, ..."""
    url: str
    scheme: str
    """How it signs in: `Token`, `UsernamePassword`, `ServicePrincipal`, `WorkloadIdentityFederation`, `None`, ..."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The authorization's parameters, secrets among them: `username`, `password`, `apitoken`, `serviceprincipalkey`."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What is not secret: `subscriptionId`, `subscriptionName`, `environment`, ..."""
    secret: frozenset[str] = frozenset()
    """Those of `parameters` that are to be masked."""
