"""From `MLClient.jobs.create_or_update` to the first line of the job's log, warm, by the official client."""

from __future__ import annotations

import json
import os
import statistics
import subprocess

from bench.azure import CLIENT, served
from bench.figure import Figure
from drivetrain.wire.azure_variables import edge_variables

PROMISE = 1.5
ROUNDS = 5
SUBMIT = """
import glob, json, sys, time
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment
from azure.identity import ManagedIdentityCredential

client = MLClient(ManagedIdentityCredential(), "11111111-2222-3333-4444-555555555555", "bench", "bench")
times = []
for number in range(int(sys.argv[2]) + 1):
    job = command(command="echo begun", environment=Environment(image="ubuntu:22.04"), experiment_name="bench")
    begin = time.perf_counter()
    name = client.jobs.create_or_update(job).name
    while not any(open(log).read() for log in glob.glob(f"{sys.argv[1]}/*/{name}/artifacts/user_logs/std_log.txt")):
        time.sleep(0.01)
    times.append(time.perf_counter() - begin)
    while client.jobs.get(name).status != "Completed":
        time.sleep(0.1)
print(json.dumps(times[1:]))
"""


def measure() -> list[Figure]:
    if not CLIENT.exists():
        return []
    with served() as (home, info):
        address = f"https://127.0.0.1:{info.azure_port}"
        variables = edge_variables(address, home.azure, home.token.read_text().strip())
        done = subprocess.run(
            [CLIENT, "-W", "ignore", "-c", SUBMIT, str(home.mlflow / "artifacts"), str(ROUNDS)],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
    times = json.loads(done.stdout.strip().splitlines()[-1])
    name = "`MLClient` creates a job -> first line of its log"
    return [Figure(name, statistics.median(times), "s", "the promise", PROMISE, limit=1.0)]
