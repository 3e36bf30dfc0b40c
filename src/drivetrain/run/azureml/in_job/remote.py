"""Has a job carried out by a real workspace, by the official SDK: submitted, followed, what it made brought back.

    python remote.py TASK.json

It is run by an interpreter that has azure-ai-ml, azureml-mlflow and azure-identity, and none of Drivetrain. How to sign
in comes by the environment, so that no secret is in a file. The exit code is 0 when the job has completed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import urllib.request
from pathlib import Path
from typing import Any

from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.entities import BuildContext, Environment
from azure.identity import ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential

RUN_ID, HERE, TOKEN = "REMOTE_RUN_ID", "REMOTE_TRACKING_URI", "REMOTE_TRACKING_TOKEN"


def say(text: str) -> None:
    """A line of the job's log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def credential() -> Any:
    """How to sign in, as the service connection says."""
    tenant, application = os.environ.get("AZURE_TENANT_ID", ""), os.environ.get("AZURE_CLIENT_ID", "")
    secret, token = os.environ.get("REMOTE_SECRET", ""), os.environ.get("REMOTE_ID_TOKEN", "")
    authority = os.environ.get("AZURE_AUTHORITY_HOST", "")
    more: dict[str, Any] = {"authority": authority, "disable_instance_discovery": True} if authority else {}
    if secret:
        return ClientSecretCredential(tenant, application, secret, **more)
    if token:
        return ClientAssertionCredential(tenant, application, lambda: token, **more)
    return ManagedIdentityCredential(client_id=application or None)


def use_cloud(address: str) -> None:
    """Let the SDK find a cloud that is not Azure's own, such as Azure Stack, by its address."""
    metadata = f"{address.rstrip('/')}/metadata/endpoints?api-version=2019-05-01"
    with urllib.request.urlopen(metadata, timeout=60) as answer:  # noqa: S310 - the owner's own service connection
        (cloud, *_) = json.load(answer)
    os.environ["ARM_CLOUD_METADATA_URL"] = metadata
    os.environ["AZUREML_CURRENT_CLOUD"] = cloud["name"]
    os.environ["AZURE_AUTHORITY_HOST"] = cloud["authentication"]["loginEndpoint"].rstrip("/")


def job_of(task: dict[str, Any]) -> Any:
    """The job as the SDK has it."""
    inputs = {
        name: each["value"] if each["type"] == "literal" else Input(type=each["type"], path=each["path"])
        for name, each in task["inputs"].items()
    }
    job = command(
        command=task["command"],
        code=task["code"] or None,
        environment=environment_of(task["environment"]),
        inputs=inputs,
        outputs={name: Output(type=kind["type"]) for name, kind in task["outputs"].items()},
        compute=task["compute"] or None,
        environment_variables=task["environment_variables"],
        instance_count=task["instances"],
        experiment_name=task["experiment"],
        display_name=task["display_name"],
        tags={"submitted by": f"Drivetrain, job {task['name']}"},
    )
    if task["timeout"]:
        job.set_limits(timeout=int(task["timeout"]))
    return job


def environment_of(described: dict[str, str]) -> Any:
    """Where it runs: as the workspace here describes it, or one of Azure's own by its name."""
    if described["context"]:
        return Environment(build=BuildContext(path=described["context"]))
    if not described["image"]:
        return f"azureml://registries/azureml/environments/{described['name']}/versions/{described['version']}"
    conda = _file("conda.yml", described["conda"]) if described["conda"] else None
    return Environment(image=described["image"], conda_file=conda)


def _file(name: str, text: str) -> str:
    Path(name).write_text(text, "utf-8")
    return name


def follow(client: Any, job: Any) -> str:
    """Show what the job prints until it ends; its status. A signal cancels it there, too."""

    def cancel(*_: object) -> None:
        say("canceling the job in the workspace")
        client.jobs.begin_cancel(job.name).result()
        sys.exit(130)

    signal.signal(signal.SIGTERM, cancel)
    signal.signal(signal.SIGINT, cancel)
    try:
        client.jobs.stream(job.name)
    except Exception as error:  # noqa: BLE001 - it raises when the job has failed; its status says so
        say(str(error))
    status = client.jobs.get(job.name).status
    return str(getattr(status, "value", status))  # an enumeration, in newer versions


def bring_back(client: Any, job: Any, task: dict[str, Any]) -> None:
    """Its outputs to where they lie here, its logs and metrics to the training run here."""
    for name, each in task["outputs"].items():
        client.jobs.download(job.name, output_name=name, download_path="outputs")
        _move(Path("outputs", "named-outputs", name), Path(each["path"]), each["type"])
    client.jobs.download(job.name, download_path="artifacts")
    _move(Path("artifacts", "artifacts"), Path(task["artifacts"]), "uri_folder")
    bring_metrics(client, job)


def _move(source: Path, target: Path, kind: str) -> None:
    if kind == "uri_file":
        source = next((each for each in source.rglob("*") if each.is_file()), source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    elif source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def bring_metrics(client: Any, job: Any) -> None:
    """Parameters and metrics of the run there, to the run here."""
    from mlflow import MlflowClient  # noqa: PLC0415 - azureml-mlflow asks for the clouds when it is imported

    there = MlflowClient(client.workspaces.get(client.workspace_name).mlflow_tracking_uri)
    run = there.get_run(job.name)
    points = [point for name in run.data.metrics for point in there.get_metric_history(job.name, name)]
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ[TOKEN]
    here = MlflowClient(os.environ[HERE])
    here.log_batch(os.environ[RUN_ID], metrics=points)
    for name, value in run.data.params.items():
        here.log_param(os.environ[RUN_ID], name, value)


def main(path: str) -> int:
    """Carry it out; the exit code."""
    task = json.loads(Path(path).read_text("utf-8"))
    if os.environ.get("REMOTE_CLOUD"):
        use_cloud(os.environ["REMOTE_CLOUD"])
    place = (task["subscription"], task["resource_group"], task["workspace"])
    client = MLClient(credential(), *place)
    job = client.jobs.create_or_update(job_of(task))
    say(f"job {job.name} of the workspace {place[2]}: {job.studio_url}")
    status = follow(client, job)
    bring_back(client, job, task)
    say(f"{job.name}: {status}")
    return 0 if status == "Completed" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
