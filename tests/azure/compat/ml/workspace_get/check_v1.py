"""The same workspace."""

import json
import sys

from azureml.core import Workspace
from azureml.core.authentication import MsiAuthentication

made = json.loads(sys.argv[1])
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
assert workspace.name == made["name"]
assert workspace.get_mlflow_tracking_uri().split("/workspaces/")[1] == made["tracking"].split("/workspaces/")[1]
