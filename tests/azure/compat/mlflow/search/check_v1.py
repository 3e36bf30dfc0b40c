"""SDK v1 has the run."""

import json
import sys

from azureml.core import Run, Workspace
from azureml.core.authentication import MsiAuthentication

made = json.loads(sys.argv[1])
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
run = Run.get(workspace, made["run"])
assert run.get_tags()["build number"].startswith("search")
