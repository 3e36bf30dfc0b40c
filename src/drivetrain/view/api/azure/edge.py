"""Everything that the Azure edge is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.api.azure.identity.model import Principal

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.record.tracking.service import Tracking
    from drivetrain.registry.ports import Assets, Workspaces
    from drivetrain.run.azureml.ports import AzureJobs, ScheduleTimes
    from drivetrain.run.library.ports import Library
    from drivetrain.run.ports import Vault
    from drivetrain.serve.model import Endpoint
    from drivetrain.serve.ports import Endpoints, Fronts, Serving
    from drivetrain.view.api.azure.blob.accounts import BlobAccounts
    from drivetrain.view.api.azure.history.files import RunFiles
    from drivetrain.view.api.azure.identity.applications import Applications
    from drivetrain.view.api.azure.identity.authority import Authority
    from drivetrain.view.api.azure.jobs.ports import JobDesk
    from drivetrain.view.api.azure.jobs.watched import Watched
    from drivetrain.view.api.azure.metrics.steps import Steps
    from drivetrain.view.api.azure.online.ports import Lookup
    from drivetrain.view.api.mlflow.ownership import Ownership


class Edge(Struct, frozen=True):
    """The services behind the edge's routes. Those that are not async may block: routes that call them are plain
    functions, which FastAPI runs in threads.
    """

    address: str
    """`https://127.0.0.1:8675`, without a slash."""
    folder: Path
    """The home's folder for what the edge keeps in files."""
    authority: Authority
    applications: Applications
    workspaces: Workspaces
    assets: Assets
    library: Library
    tracking: Tracking
    """MLflow; lives in the event loop of the server, so only async routes may use it."""
    clock: Clock
    vault: Vault
    """Seals the secrets of what workspaces hold."""
    blobs: BlobAccounts
    """The storage accounts of workspaces."""
    ownership: Ownership
    """Which project training runs belong to; asks MLflow, as `tracking` does."""
    run_files: RunFiles
    """What is kept for training runs beside MLflow."""
    steps: Steps
    """The next step of metrics that are logged without one."""
    jobs: AzureJobs
    """Jobs of Azure Machine Learning."""
    desk: JobDesk
    """Carries them out."""
    watched: Watched
    """Whose log somebody follows."""
    schedule_times: ScheduleTimes
    """When schedules are due next."""
    endpoints: Endpoints
    """Online endpoints, as they are kept."""
    serving: Serving
    """Changes them, and has that carried out."""
    fronts: Fronts
    """The processes that answer for them."""
    lookup: Lookup
    """Finds what deployments name."""
    endpoint_address: Callable[[Endpoint], str]
    """Where an endpoint answers: `http://127.0.0.1:8700`, without a slash."""
    preparation: Callable[[str, str], Sequence[str]] = lambda _endpoint, _deployment: ()
    """What has been done to prepare a deployment, line by line."""
    schedules_changed: Callable[[], None] = lambda: None
    """Tells whoever waits for the next time."""
    pages: str = ""
    """Where people look: the address of our own pages."""
    made_by: Callable[[Principal], Mapping[str, str]] = lambda _: {}
    """The tags of training runs that somebody makes: for a job, where they come from."""
    known: Callable[[str], Principal | None] = lambda _: None
    """Whose a token of our own is (the owner's, a job's), before it is exchanged for one of the edge's."""

    def whose(self, token: str) -> Principal | None:
        """Whose a token of our own is that may sign in to Azure: not that of a job whose files a stranger wrote."""
        found = self.known(token)
        return None if found is None or found.read_only else found
