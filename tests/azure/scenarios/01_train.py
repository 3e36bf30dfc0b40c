"""Train by a command job: a data asset, an environment, a script that logs to MLflow, and the model that it leaves.

https://learn.microsoft.com/azure/machine-learning/how-to-train-model
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Data, Environment, Model
from azure.identity import ManagedIdentityCredential

Path("src").mkdir()
Path("src/train.py").write_text(
    """
import argparse, csv, json, pathlib
import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--rate", type=float)
parser.add_argument("--model")
given = parser.parse_args()
rows = list(csv.reader(open(given.data)))
weight = sum(float(row[0]) for row in rows) / len(rows)
mlflow.log_param("rate", given.rate)
for epoch in range(3):
    mlflow.log_metric("loss", weight * given.rate ** epoch, step=epoch)
pathlib.Path(given.model, "weights.json").write_text(json.dumps({"weight": weight}))
print("trained on", len(rows), "rows")
"""
)
Path("ages.csv").write_text("1\n2\n3\n")
Path("conda.yml").write_text("name: training\ndependencies: [python=3.11, pip, {pip: [mlflow-skinny==3.15.0]}]\n")

client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
data = client.data.create_or_update(Data(name="ages", version="1", path="ages.csv", type=AssetTypes.URI_FILE))
environment = client.environments.create_or_update(
    Environment(name="training", version="1", image="mcr.microsoft.com/azureml/minimal", conda_file="conda.yml")
)
job = client.jobs.create_or_update(
    command(
        code="src",
        command="python train.py --data ${{inputs.data}} --rate ${{inputs.rate}} --model ${{outputs.model}}",
        inputs={"data": Input(type=AssetTypes.URI_FILE, path=data.id), "rate": 0.5},
        outputs={"model": Output(type=AssetTypes.CUSTOM_MODEL)},
        environment=f"{environment.name}:{environment.version}",
        compute="cpu-cluster",
        experiment_name="training",
        display_name="First training",
    )
)
client.jobs.stream(job.name)
done = client.jobs.get(job.name)
model = client.models.create_or_update(
    Model(name="ages", version="1", type=AssetTypes.CUSTOM_MODEL, path=f"azureml://jobs/{job.name}/outputs/model")
)
client.models.download("ages", version="1", download_path="got")
[weights] = Path("got").rglob("weights.json")
print(
    json.dumps(
        {
            "status": done.status,
            "experiment": done.experiment_name,
            "display_name": done.display_name,
            "model": [model.name, model.version, model.type],
            "weights": json.loads(weights.read_text()),
            "job": job.name,
        }
    )
)
