"""Who may have a job submitted again, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.azureml.model import JobKind
from drivetrain.run.azureml.model import AzureJob
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind

if TYPE_CHECKING:
    from tests.unit.view.azure.conftest import Caller, Edges


@pytest.fixture
def with_job(edges: Edges, owner: Caller) -> Caller:
    """Asks as the owner, of a workspace that has a job."""
    owner.get("jobs")
    (workspace,) = edges.storage.workspaces.all()
    edges.storage.azure_jobs.add(AzureJob(workspace.id, "happy_dog", JobKind.COMMAND, "exp"))
    return owner


@pytest.mark.parametrize("kind", [kind for kind in PrincipalKind if kind is not PrincipalKind.OWNER])
def test_only_the_owner_may(edges: Edges, with_job: Caller, kind: PrincipalKind) -> None:
    somebody = edges.as_(Principal(kind, "somebody"))
    assert with_job.workspace == somebody.workspace
    assert somebody.status("GET", "jobs/happy_dog") != 403
    assert somebody.status("POST", "jobs/happy_dog/reproduce", {"name": "again", "variables": {}}) == 403


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("none", {"name": "again"}, 404),
        ("happy_dog", {"name": "Happy_Dog"}, 409),
        ("happy_dog", {}, 400),
        ("happy_dog", {"name": "a/b"}, 400),
        ("happy_dog", {"name": 1}, 400),
        ("happy_dog", {"name": "again", "variables": {"a": []}}, 400),
        ("happy_dog", {"name": "again", "variables": []}, 400),
    ],
)
def test_what_is_refused(with_job: Caller, name: str, body: object, status: int) -> None:
    assert with_job.status("POST", f"jobs/{name}/reproduce", body) == status
