"""Sweeps by azure-ai-ml: grid, random with Sobol and a policy, Bayesian, as a step, canceled. The last line is JSON."""

import json
import sys
import tempfile
import time
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command, dsl
from azure.ai.ml.entities import Environment
from azure.ai.ml.sweep import BanditPolicy, Choice, RandomSamplingAlgorithm, Uniform
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential

ENDED = ("Completed", "Failed", "Canceled")
client = MLClient(ManagedIdentityCredential(), sys.argv[1], "group", sys.argv[2])
code = Path(tempfile.mkdtemp())
(code / "trial.py").write_text(
    "import json, os, pathlib, sys, time, urllib.request\n"
    "x, times, out = float(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])\n"
    "if x < 0:\n"
    "    sys.exit('x is less than nothing')\n"
    "def log(step):\n"
    "    body = {'run_id': os.environ['MLFLOW_RUN_ID'], 'key': 'score', 'value': x, 'step': step,\n"
    "            'timestamp': int(time.time() * 1000)}\n"
    "    address = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/runs/log-metric'\n"
    "    headers = {'authorization': 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN']}\n"
    "    headers |= {'content-type': 'application/json'}\n"
    "    urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)).read()\n"
    "out.mkdir(parents=True, exist_ok=True)\n"
    "(out / 'x').write_text(sys.argv[1])\n"
    "for step in range(times):\n"
    "    log(step)\n"
    "    if times > 1:\n"
    "        time.sleep(60 if x < 0.5 else 0.05)\n"
)
trial = command(
    name="trial",
    command="python trial.py ${{inputs.x}} ${{inputs.times}} ${{outputs.out}}",
    code=str(code),
    environment=Environment(name="bare", image="python:3.11-slim"),
    inputs={"x": Input(type="number", default=0.5), "times": Input(type="integer", default=1)},
    outputs={"out": Output(type="uri_folder")},
)
show = command(
    name="show",
    command="cat ${{inputs.best}}/x > ${{outputs.out}}/text",
    environment=Environment(name="bare", image="python:3.11-slim"),
    inputs={"best": Input(type="uri_folder")},
    outputs={"out": Output(type="uri_folder")},
)


def ended(name: str):
    while (job := client.jobs.get(name)).status not in ENDED:
        time.sleep(0.2)
    return job


def swept(x, algorithm, total: int, at_once: int = 2, policy=None, times: int = 1):
    job = trial(x=x, times=times).sweep(
        primary_metric="score", goal="Maximize", sampling_algorithm=algorithm, compute="serverless"
    )
    job.set_limits(max_total_trials=total, max_concurrent_trials=at_once)
    job.early_termination = policy
    job.experiment_name, job.display_name = "sweeps", "tuning"
    return client.jobs.create_or_update(job).name


def shown(name: str) -> dict:
    job = ended(name)
    trials = list(client.jobs.list(parent_job_name=name))
    return {
        "name": name, "type": job.type, "status": job.status, "best": job.properties.get("best_child_run_id"),
        "trials": {each.name.rpartition("_")[2]: each.status for each in trials},
        "values": {
            each.name.rpartition("_")[2]: json.loads(each.tags["hyperparameters"])["x"] for each in trials
        },
    }  # fmt: skip


@dsl.pipeline()
def tuned():
    tune = trial(x=Choice([0.2, 0.8])).sweep(primary_metric="score", goal="maximize", sampling_algorithm="grid")
    tune.set_limits(max_total_trials=4, max_concurrent_trials=2)
    last = show(best=tune.outputs.out)
    return {"shown": last.outputs.out}


found = {}
job = tuned()
job.settings.default_compute = "serverless"
pipeline = client.jobs.create_or_update(job, experiment_name="sweeps").name
found["grid"] = shown(swept(Choice([0.1, 0.9, 0.5, -1]), "grid", 10))
found["pipeline"] = {"status": ended(pipeline).status, "sweep": shown(f"{pipeline}_tune")}
client.jobs.download(pipeline, output_name="shown", download_path="pipeline")
found["shown"] = next(Path("pipeline").rglob("text")).read_text()
sobol = RandomSamplingAlgorithm(seed=5, rule="sobol")
found["bandit"] = shown(
    swept(Uniform(0, 1), sobol, 4, policy=BanditPolicy(slack_amount=0.01, evaluation_interval=1), times=3)
)
found["bayesian"] = shown(swept(Uniform(0, 1), "bayesian", 4))
client.jobs.download(found["bayesian"]["name"], output_name="out", download_path="best")
found["best"] = next(Path("best").rglob("x")).read_text()
name = swept(Choice([0.1, 0.2]), "grid", 2, times=2)
while [each.status for each in client.jobs.list(parent_job_name=name)] != ["Running", "Running"]:
    time.sleep(0.2)
client.jobs.begin_cancel(name).result()
found["canceled"] = shown(name)
for each in found["canceled"]["trials"]:
    found["canceled"]["trials"][each] = ended(f"{name}_{each}").status
try:
    swept(Uniform(1, 0), "random", 2)
except HttpResponseError as refused:
    found["wrong"] = str(refused)
print(json.dumps(found))
