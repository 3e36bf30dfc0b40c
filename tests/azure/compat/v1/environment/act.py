"""environments: register, get."""

import json
import sys

from azureml.core import Environment, Workspace
from azureml.core.authentication import MsiAuthentication
from azureml.core.conda_dependencies import CondaDependencies

NAME = sys.argv[1]
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
environment = Environment(NAME)
environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["requests"], pin_sdk_version=False)
environment.register(workspace)
found = Environment.get(workspace, NAME)
print(json.dumps({"name": NAME, "version": found.version}))
