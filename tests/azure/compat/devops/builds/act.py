"""builds: list, timeline, artifacts."""

import json
import os
import sys
import time

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

NAME = sys.argv[1]
connection = Connection(os.environ["DRIVETRAIN_URL"], BasicAuthentication("", os.environ["DRIVETRAIN_TOKEN"]))
client = connection.clients.get_build_client()
project = os.environ["COMPAT_PROJECT"]
build = client.queue_build({"definition": {"id": client.get_definitions(project)[0].id}}, project)
while client.get_build(project, build.id).status != "completed":
    time.sleep(0.2)
assert build.id in [each.id for each in client.get_builds(project)]
records = client.get_build_timeline(project, build.id).records
assert {"Stage", "Job", "Task"} <= {each.type for each in records}
print(json.dumps({"id": build.id, "artifacts": [each.name for each in client.get_artifacts(project, build.id)]}))
