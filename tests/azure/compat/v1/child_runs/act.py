"""runs: children."""

import json
import sys

from azureml.core import Experiment, Workspace
from azureml.core.authentication import MsiAuthentication

NAME = sys.argv[1]
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
run = Experiment(workspace, "compat-v1").start_logging(snapshot_directory=None)
child = run.child_run(NAME)
child.log("loss", 1)
child.complete()
run.complete()
assert [each.id for each in run.get_children()] == [child.id]
print(json.dumps({"run": run.id, "child": child.id}))
