"""projects: list, get."""

import json
import os
import sys

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

NAME = sys.argv[1]
connection = Connection(os.environ["DRIVETRAIN_URL"], BasicAuthentication("", os.environ["DRIVETRAIN_TOKEN"]))
client = connection.clients.get_core_client()
names = [each.name for each in client.get_projects()]
assert client.get_project(os.environ["COMPAT_PROJECT"]).name in names
print(json.dumps({"names": names}))
