"""azureml-mlflow: runs, artifacts and models of a workspace by MLflow's own client. Prints what it found.

argument: the tracking address (azureml://HOST/mlflow/v2.0/subscriptions/...)
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient

uri, name = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = MlflowClient()
found = {}


def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - its name is what is asked for
        return str(getattr(error, "error_code", type(error).__name__))
    return "allowed"


work = Path(tempfile.mkdtemp())
(work / "folder" / "deep").mkdir(parents=True)
(work / "one.txt").write_text("one")
(work / "folder" / "two.txt").write_text("two")
(work / "folder" / "deep" / "three.bin").write_bytes(bytes(range(256)) * 40)

experiment = client.create_experiment(name)
run = client.create_run(experiment, tags={"mine": "yes"}, run_name="first")
run_id = run.info.run_id
os.environ.pop("MLFLOW_RUN_ID", None)
client.log_metric(run_id, "loss", 0.5, step=1)
client.log_metric(run_id, "loss", 0.25, step=2)
client.log_metric(run_id, "speed", 2.0, step=1, synchronous=False).wait()
client.log_param(run_id, "rate", "0.1")
client.log_batch(run_id, params=[mlflow.entities.Param("depth", "3")])
client.set_tag(run_id, "colour", "blue")
client.log_artifact(run_id, str(work / "one.txt"))
client.log_artifacts(run_id, str(work / "folder"), "data")
client.log_text(run_id, "text", "notes/a.txt")
found["scheme"] = client.get_run(run_id).info.artifact_uri.partition(":")[0]
found["listed"] = sorted(each.path for each in client.list_artifacts(run_id))
found["below"] = sorted(each.path for each in client.list_artifacts(run_id, "data"))
down = Path(client.download_artifacts(run_id, "data", tempfile.mkdtemp()))
found["down"] = sorted(str(p.relative_to(down)) for p in down.rglob("*") if p.is_file())
found["same"] = (down / "deep" / "three.bin").read_bytes() == bytes(range(256)) * 40
found["again"] = refused(client.log_artifact, run_id, str(work / "one.txt"))
client.set_terminated(run_id)
read = client.get_run(run_id)
found["read"] = [read.data.metrics, read.data.params, read.data.tags["colour"], read.info.status]
found["history"] = [m.value for m in client.get_metric_history(run_id, "loss")]
found["search"] = [
    r.info.run_id == run_id for r in client.search_runs([experiment], "tags.mine = 'yes' and metrics.loss < 1")
]
found["workspace"] = "drivetrain.workspace" in read.data.tags
found["project"] = read.data.tags.get("drivetrain.project", "")

# What a model looks like, without the packages that make one: mlflow-skinny has none of them.
model = work / "model"
model.mkdir()
(model / "MLmodel").write_text(f"artifact_path: model\nflavors: {{}}\nrun_id: {run_id}\nmodel_uuid: 0123\n")
client.log_artifacts(run_id, str(model), "model")
registered = f"{name}-model"
client.create_registered_model(registered)
version = client.create_model_version(registered, f"runs:/{run_id}/model", run_id)
second = client.create_model_version(registered, f"{read.info.artifact_uri}/model", run_id)
client.set_registered_model_alias(registered, "champion", version.version)
client.set_model_version_tag(registered, version.version, "state", "good")
found["version"] = client.get_model_version_by_alias(registered, "champion").version
found["models"] = [m.name for m in client.search_registered_models(f"name = '{registered}'")]
found["versions"] = sorted(v.version for v in client.search_model_versions(f"name = '{registered}'"))
there = Path(mlflow.artifacts.download_artifacts(f"models:/{registered}@champion", dst_path=str(work / "got")))
found["model file"] = "MLmodel" in [p.name for p in there.rglob("*")]
there = Path(mlflow.artifacts.download_artifacts(f"models:/{registered}/{second.version}", dst_path=str(work / "got2")))
found["second file"] = "MLmodel" in [p.name for p in there.rglob("*")]
if uri.startswith("azureml"):  # its own way: sent on its own, and named by where it lies
    third = client.create_model_version(registered, f"file://{model}")
    there = Path(mlflow.artifacts.download_artifacts(f"models:/{registered}/{third.version}", dst_path=str(work / "3")))
    found["third file"] = "MLmodel" in [p.name for p in there.rglob("*")]
found["run"] = run_id
print(json.dumps(found))
