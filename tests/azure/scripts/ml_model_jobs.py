"""Models between jobs, by azure-ai-ml: one that a job makes, and jobs that read models. Prints what it got."""

import json
import sys
import time
from pathlib import Path

import mlflow
from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

subscription, group, name = sys.argv[1:4]
ml = MLClient(DefaultAzureCredential(), subscription, group, name)
flow = mlflow.MlflowClient()
said: dict[str, object] = {}
environment = ml.environments.create_or_update(Environment(name="plain", image="python:3.11"))


def run(line: str, **more: object) -> str:
    job = ml.jobs.create_or_update(command(command=line, environment=environment, **more))
    while (status := ml.jobs.get(job.name).status) not in ("Completed", "Failed", "Canceled"):
        time.sleep(0.1)
    assert status == "Completed", status
    return job.name


# A job whose output is a model with a name.
made = run("mkdir -p ${{outputs.m}} && echo leaf > ${{outputs.m}}/tree.txt",
           outputs={"m": Output(type="custom_model", name="tree")})  # fmt: skip
while not (found := flow.search_model_versions("name = 'tree'")):
    time.sleep(0.1)
model = ml.models.get("tree", label="latest")
said["made"] = [model.version, model.type, model.job_name == made, found[0].run_id == made]
ml.models.download("tree", "1", "down")
said["downloaded"] = [path.read_text() for path in Path("down/tree/m").rglob("tree.txt")]

# A job that reads it, and a model that MLflow's client registered.
Path("best").mkdir()
Path("best/tree.txt").write_text("best")
logged = flow.create_run(flow.create_experiment("trees")).info
flow.log_artifacts(logged.run_id, "best", "best")
flow.create_registered_model("best")
flow.create_model_version("best", f"{logged.artifact_uri}/best", logged.run_id)
run(
    "grep leaf ${{inputs.one}}/tree.txt && grep best ${{inputs.best}}/tree.txt",
    inputs={
        "one": Input(type="custom_model", path="azureml:tree:1"),
        "best": Input(type="custom_model", path="azureml:best:1"),
    },
)
said["read"] = True
print(json.dumps(said))
