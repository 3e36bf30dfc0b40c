"""jobs: a random sweep, best trial."""

import json
import sys

from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment
from azure.ai.ml.sweep import Uniform
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

trial = command(
    command="python -c \"import mlflow; mlflow.log_metric('loss', ${{search_space.x}} ** 2)\"",
    environment=Environment(
        image="ubuntu:22.04",
        conda_file={"dependencies": ["python=3.11", "pip", {"pip": ["mlflow-skinny==3.15.0"]}]},
    ),
    inputs={"x": 1.0},
)
trial.command = trial.command.replace("search_space", "inputs")
sweep = trial(x=Uniform(-1, 1)).sweep(primary_metric="loss", goal="minimize", sampling_algorithm="random")
sweep.set_limits(max_total_trials=3, max_concurrent_trials=2)
sweep.experiment_name, sweep.display_name = "compat", NAME
job = client.jobs.create_or_update(sweep)
client.jobs.stream(job.name)
done = client.jobs.get(job.name)
assert done.status == "Completed"
print(json.dumps({"name": job.name, "best": done.properties["best_child_run_id"]}))
