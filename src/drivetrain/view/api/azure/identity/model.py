"""Who asks at the Azure edge, and for what."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Audience(StrEnum):
    """What a token is good for: the `aud` of Microsoft Entra's tokens for these services."""

    MANAGEMENT = "https://management.azure.com"
    MACHINE_LEARNING = "https://ml.azure.com"
    STORAGE = "https://storage.azure.com"
    DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
    """The application id of Azure DevOps.
    https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity"""
    KEY_VAULT = "https://vault.azure.net"
    TOKEN_EXCHANGE = "api://AzureADTokenExchange"  # noqa: S105 - the audience of federated tokens


class PrincipalKind(StrEnum):
    """What kind of identity it is."""

    OWNER = "owner"
    JOB = "job"
    CONNECTION = "connection"
    """A service principal: a service connection of the library."""
    TOKEN = "token"  # noqa: S105 - the word
    """A personal access token for one project; one for all projects is the owner's."""


class Principal(Struct, frozen=True):
    """Who asks. The owner may see everything; all others what belongs to their project."""

    kind: PrincipalKind
    name: str
    """For people: the user, the job's name, the connection's name."""
    project: str = ""
    """Empty for the home's own."""
    run_id: int | None = None
    """The pipeline run, of a job."""
    job: str = ""
    """Stage, job and leg with dots, of a job."""
    token: str = ""
    """SHA-256 of the job's own token: what was signed for a job is good only while the job has it."""
    read_only: bool = False

    def may_see(self, project: str) -> bool:
        """Whether it may see what belongs to that project."""
        return self.kind is PrincipalKind.OWNER or project == self.project
