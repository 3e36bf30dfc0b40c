"""variable groups: add, list."""

import json
import os
import sys

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

NAME = sys.argv[1]
connection = Connection(os.environ["DRIVETRAIN_URL"], BasicAuthentication("", os.environ["DRIVETRAIN_TOKEN"]))
client = connection.clients.get_task_agent_client()
project = os.environ["COMPAT_PROJECT"]
reference = {"id": connection.clients.get_core_client().get_project(project).id, "name": project}
group = client.add_variable_group(
    {
        "name": NAME,
        "type": "Vsts",
        "variables": {"a": {"value": "1"}, "b": {"value": "2", "isSecret": True}},
        "variableGroupProjectReferences": [{"name": NAME, "projectReference": reference}],
    }
)
assert NAME in [each.name for each in client.get_variable_groups(project)]
print(json.dumps({"name": NAME}))
