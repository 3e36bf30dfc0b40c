"""jobs: cancel."""

import json
import sys
import time

from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

job = client.jobs.create_or_update(
    command(
        command="sleep 300", environment=Environment(image="ubuntu:22.04"), experiment_name="compat", display_name=NAME
    )
)
client.jobs.begin_cancel(job.name).result()
while client.jobs.get(job.name).status not in ("Canceled", "Failed", "Completed"):
    time.sleep(0.2)
assert client.jobs.get(job.name).status == "Canceled"
print(json.dumps({"name": job.name}))
