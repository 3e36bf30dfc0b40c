"""environments: register, get."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Environment, Workspace
from azureml.core.authentication import TokenAuthentication
from azureml.core.conda_dependencies import CondaDependencies

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
environment = Environment(NAME)
environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["requests"], pin_sdk_version=False)
environment.register(workspace)
found = Environment.get(workspace, NAME)
print(json.dumps({"name": NAME, "version": found.version}))
