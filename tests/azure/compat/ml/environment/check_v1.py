"""SDK v1 has it."""

import json
import sys

from azureml.core import Environment, Workspace
from azureml.core.authentication import MsiAuthentication

made = json.loads(sys.argv[1])
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
found = Environment.get(workspace, made["name"], made["version"])
assert "requests" in found.python.conda_dependencies.serialize_to_string()
