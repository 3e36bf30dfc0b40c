"""jobs: list, tags, archive."""

import json
import sys

from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

job = client.jobs.create_or_update(
    command(command="true", environment=Environment(image="ubuntu:22.04"), experiment_name="compat", display_name=NAME)
)
job.tags["seen"] = "yes"
client.jobs.create_or_update(job)
assert job.name in [each.name for each in client.jobs.list()]
client.jobs.archive(job.name)
assert job.name not in [each.name for each in client.jobs.list()]
print(json.dumps({"name": job.name}))
