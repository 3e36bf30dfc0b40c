"""submit a script to the local target, wait, metrics."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Experiment, ScriptRunConfig, Workspace
from azureml.core.authentication import TokenAuthentication
from azureml.core.runconfig import RunConfiguration

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
open("train.py", "w").write(
    "from azureml.core import Run\nrun = Run.get_context()\nrun.log('answer', 42)\nprint('trained')\n"
)
configuration = RunConfiguration()
configuration.environment.python.user_managed_dependencies = True
configuration.environment.python.interpreter_path = sys.executable
script = ScriptRunConfig(source_directory=".", script="train.py", run_config=configuration)
run = Experiment(workspace, "compat-v1").submit(script, tags={"build number": NAME})
run.wait_for_completion(show_output=True)
assert run.get_status() == "Completed"
assert run.get_metrics() == {"answer": 42}, run.get_metrics()
print(json.dumps({"run": run.id}))
