"""experiments: get_runs by tags."""

import json
import sys

from azureml.core import Experiment, Workspace
from azureml.core.authentication import MsiAuthentication

NAME = sys.argv[1]
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
experiment = Experiment(workspace, "compat-v1")
run = experiment.start_logging(snapshot_directory=None)
run.set_tags({"build number": NAME})
run.complete()
assert [each.id for each in experiment.get_runs(tags={"build number": NAME})] == [run.id]
print(json.dumps({"run": run.id}))
