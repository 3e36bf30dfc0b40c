"""A job as Azure Resource Manager shows it.

https://learn.microsoft.com/rest/api/azureml/jobs/get
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import PROVIDER
from drivetrain.view.api.azure.arm.shapes import system_data
from drivetrain.view.api.azure.history.model import run_document

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob, Progress

WORKED_OUT = ("status", "services", "isArchived", "parameters", "creationContext")
"""Properties that are the server's to say."""


def job_shown(
    workspace: Workspace, job: AzureJob, progress: Progress, links: Mapping[str, str], run: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The body of `GET {workspace}/jobs/N`. What of a job can be changed, its training run says: `run`, as MLflow
    answers, if it is still there.
    """
    properties = {
        **job.body,
        **(_changeable(run) if run is not None else {}),
        "status": str(progress.status),
        "services": {name: _service(name, link) for name, link in links.items()},
        "isArchived": job.archived,
        "experimentName": job.experiment,
    }
    if job.parent:
        properties["parentJobName"] = job.parent
    return {
        "id": f"{workspace.path}/jobs/{job.name}",
        "name": job.name,
        "type": f"{PROVIDER}/workspaces/jobs",
        "systemData": system_data(job.created_at, job.created_by, job.updated_at, job.updated_by),
        "properties": properties,
    }


def _changeable(run: Mapping[str, Any]) -> dict[str, Any]:
    found = run_document(run)
    return {name: found.get(name) for name in ("displayName", "description", "tags", "properties")}


def _service(name: str, link: str) -> dict[str, Any]:
    return {
        "jobServiceType": name,
        "endpoint": link,
        "port": None,
        "status": None,
        "errorMessage": None,
        "properties": None,
        "nodes": None,
    }
