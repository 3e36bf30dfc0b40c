"""Models between jobs, by azure-ai-ml: one that a job makes, and jobs that read models. Prints what it got."""

import json
import sys
import time

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
with open("down/tree/artifacts/tree.txt") as file:
    said["downloaded"] = file.read()

# Jobs that read it, and one that MLflow's client registered.
reads = "cat ${{inputs.model}}/tree.txt"
for path in ("azureml:tree:1", "azureml:tree@latest"):
    run(reads, inputs={"model": Input(type="custom_model", path=path)})
logged = run("mkdir -p outputs/best && echo best > outputs/best/tree.txt")
at = flow.get_run(logged).info.artifact_uri
flow.create_registered_model("best")
flow.create_model_version("best", f"{at}/outputs/best", logged)
run(f"{reads} | grep best", inputs={"model": Input(type="custom_model", path="azureml:best:1")})
said["read"] = True
print(json.dumps(said))
