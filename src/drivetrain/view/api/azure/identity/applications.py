"""Service principals: the service connections of the library, as the token endpoint knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.run.library.model import Connection
    from drivetrain.view.api.azure.identity.model import Principal

SUBJECT = "sc://drivetrain/{project}/{connection}"
"""The subject of a federated token, as Azure DevOps makes them of organization, project and connection.

https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
"""
HOME = "home"
"""What stands for the project where a connection is the home's own."""


class Applications(Protocol):
    """Finds service connections. Any thread may call it."""

    def of(self, client_id: str) -> Sequence[Connection]:
        """Those of type azurerm with this client id, opened; several projects may have the same."""
        ...

    def connection(self, job: Principal, connection_id: str) -> Connection | None:
        """The connection with this id, if the pipeline of that job may use it."""
        ...

    def subscriptions(self, principal: Principal) -> Mapping[str, str]:
        """Ids and names of the subscriptions that connections of its project, and of the home, name."""
        ...

    def tenants(self) -> frozenset[str]:
        """The tenants that connections name, in lower case."""
        ...


def subject_of(connection: Connection) -> str:
    """What a federated token for this connection is about."""
    return SUBJECT.format(project=connection.project or HOME, connection=connection.name)
