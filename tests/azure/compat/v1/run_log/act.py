"""runs: log, log_list, log_row, tag, complete."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Experiment, Run, Workspace
from azureml.core.authentication import TokenAuthentication

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
run = Experiment(workspace, "compat-v1").start_logging(display_name=NAME, snapshot_directory=None)
run.log("loss", 0.5)
run.log_list("many", [1, 2, 3])
run.log_row("row", x=1, y=2)
run.tag("build number", NAME)
run.complete()
metrics = Run.get(workspace, run.id).get_metrics()
assert (metrics["loss"], metrics["many"], metrics["row"]) == (0.5, [1, 2, 3], {"x": 1, "y": 2}), metrics
print(json.dumps({"run": run.id}))
