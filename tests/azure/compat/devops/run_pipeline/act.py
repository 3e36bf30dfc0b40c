"""pipelines: run, get, logs."""

import json
import os
import sys
import time

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

NAME = sys.argv[1]
connection = Connection(os.environ["DRIVETRAIN_URL"], BasicAuthentication("", os.environ["DRIVETRAIN_TOKEN"]))
client = connection.clients.get_pipelines_client()
project = os.environ["COMPAT_PROJECT"]
(pipeline,) = client.list_pipelines(project)
run = client.run_pipeline(
    {"resources": {"repositories": {"self": {"refName": "refs/heads/main"}}}}, project, pipeline.id
)
while client.get_run(project, pipeline.id, run.id).state != "completed":
    time.sleep(0.2)
done = client.get_run(project, pipeline.id, run.id)
assert done.result == "succeeded", done.result
assert client.list_logs(project, pipeline.id, run.id).logs
print(json.dumps({"id": run.id, "name": done.name}))
