"""runs: children."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Experiment, Workspace
from azureml.core.authentication import TokenAuthentication

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
run = Experiment(workspace, "compat-v1").start_logging(snapshot_directory=None)
child = run.child_run(NAME)
child.log("loss", 1)
child.complete()
run.complete()
assert [each.id for each in run.get_children()] == [child.id]
print(json.dumps({"run": run.id, "child": child.id}))
