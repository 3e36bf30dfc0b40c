"""compute: list."""

import json
import sys

from azureml.core import Workspace
from azureml.core.authentication import MsiAuthentication

NAME = sys.argv[1]
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
print(json.dumps({"names": sorted(workspace.compute_targets)}))
