"""Command jobs: by azure-ai-ml, read back from our own stores and MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.run.azureml.model import JobStatus
from drivetrain.run.model import Result
from drivetrain.wire.storage import Storage
from tests.azure.conftest import SUBSCRIPTION, Served

if TYPE_CHECKING:
    from collections.abc import Callable


def test_command_jobs(served: Served, client: Callable[..., Any]) -> None:
    said = client("ml", "ml_jobs.py", SUBSCRIPTION, "group", "jobs")
    names = said.pop("names")
    storage = Storage(served.home)
    workspace = storage.workspaces.get(SUBSCRIPTION, "group", "jobs")
    kept = [storage.azure_jobs.get(workspace.id, name) for name in names]
    run = storage.runs.get(kept[0].run_id or 0)
    assert said.pop("web").partition("&")[0] == f"{served.info.url}/runs/{run.id}?job={names[0]}"
    assert said == {
        "made": ["Everything", "compat jobs", "command", {"color": "blue"}, "A job"],
        "stream": ["lr 0.1 two words six hello NAME", "inputs one.csv 1,2 ['a.txt', 'b.txt']", "helper True"],
        "done": ["Completed", "azureml://datastores/workspaceblobstore/paths/azureml/NAME/model", "cpu-cluster",
                 "small:1"],
        "files": [
            "artifacts/outputs/plain.txt",
            "artifacts/user_logs/std_log.txt",
            "named-outputs/model/weights/w.txt",
            "named-outputs/net/n.txt",
            "named-outputs/report/report",
        ],
        "weights": "1",
        "net": ["custom_model", True],
        "tags": {"color": "blue", "size": "big"},
        "active": [],
        "archived": [True],
        "restored": [True],
        "error": [True, True, True],
        "failed": "Failed",
        "canceled": "Canceled",
        "several": "Completed",
        "ranks": ["NAME True", "[rank 1] NAME True", "[rank 1] rank 1 of 2", "rank 0 of 2"],
    }  # fmt: skip
    assert (run.pipeline, run.file, run.result) == ("compat jobs", "", Result.SUCCEEDED)
    assert [job.status for job in kept] == [
        JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED, JobStatus.COMPLETED,
    ]  # fmt: skip
