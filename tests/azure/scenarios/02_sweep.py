"""Tune hyperparameters: a command job with a search space, a metric, limits, and what the best trial has left.

https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.entities import Environment
from azure.ai.ml.sweep import BanditPolicy, Choice, Uniform
from azure.identity import ManagedIdentityCredential

Path("src").mkdir()
Path("src/train.py").write_text(
    """
import pathlib, sys
import mlflow

kernel, cost, model = sys.argv[1], float(sys.argv[2]), pathlib.Path(sys.argv[3])
accuracy = {"linear": 0.5, "rbf": 0.9}[kernel] + cost / 100
mlflow.log_metric("accuracy", accuracy)
(model / "kernel").write_text(kernel)
"""
)
Path("conda.yml").write_text("name: training\ndependencies: [python=3.11, pip, {pip: [mlflow-skinny==3.15.0]}]\n")
client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
training = command(
    code="src",
    command="python train.py ${{inputs.kernel}} ${{inputs.cost}} ${{outputs.model}}",
    inputs={"kernel": "linear", "cost": Input(type="number", default=1.0)},
    outputs={"model": Output(type="uri_folder")},
    environment=Environment(image="mcr.microsoft.com/azureml/minimal", conda_file="conda.yml"),
    compute="cpu-cluster",
)
sweep = training(kernel=Choice(["linear", "rbf"]), cost=Uniform(min_value=0.5, max_value=0.9)).sweep(
    sampling_algorithm="random", primary_metric="accuracy", goal="Maximize"
)
sweep.set_limits(max_total_trials=4, max_concurrent_trials=2, timeout=7200)
sweep.early_termination = BanditPolicy(slack_factor=0.1, delay_evaluation=5, evaluation_interval=1)
sweep.experiment_name = "tuning"
made = client.jobs.create_or_update(sweep)
client.jobs.stream(made.name)
done = client.jobs.get(made.name)
trials = [client.jobs.get(each.name) for each in client.jobs.list(parent_job_name=made.name)]
client.jobs.download(made.name, output_name="model", download_path="best")
[kernel] = Path("best").rglob("kernel")
best = done.properties["best_child_run_id"]
print(
    json.dumps(
        {
            "status": done.status,
            "trials": [len(trials), sorted({trial.status for trial in trials})],
            "best_is_a_trial": best in {trial.name for trial in trials},
            "kernel_is_known": kernel.read_text() in {"linear", "rbf"},
            "job": best,
        }
    )
)
