"""SDK v1 has the same."""

import json
import sys

from azureml.core import Workspace
from azureml.core.authentication import MsiAuthentication

made = json.loads(sys.argv[1])
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
assert set(workspace.datastores) == set(made["names"])
assert workspace.get_default_datastore().name == made["default"]
