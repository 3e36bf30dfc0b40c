"""datasets: as_mount, as_download and direct inputs of a local run."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Dataset, Experiment, ScriptRunConfig, Workspace
from azureml.core.authentication import TokenAuthentication
from azureml.core.runconfig import RunConfiguration

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
store = workspace.get_default_datastore()
open("rows.csv", "w").write("a,b\n1,2\n3,4\n")
store.upload_files(["rows.csv"], target_path=NAME, overwrite=True, show_progress=False)
files = Dataset.File.from_files(store.path(NAME), validate=False)
rows = Dataset.Tabular.from_delimited_files(store.path(NAME + "/rows.csv"), validate=False)
os.mkdir("project")
open("project/train.py", "w").write(
    "import os, sys\n"
    "from azureml.core import Run\n"
    "run = Run.get_context()\n"
    "assert [os.listdir(each) for each in sys.argv[1:3]] == [['rows.csv']] * 2, sys.argv\n"
    "assert run.input_datasets['mounted'] == sys.argv[1] and run.input_datasets['copied'] == sys.argv[2]\n"
    "run.log('sum', int(run.input_datasets['rows'].to_pandas_dataframe()['a'].sum()))\n"
)
configuration = RunConfiguration()
configuration.environment.python.user_managed_dependencies = True
configuration.environment.python.interpreter_path = sys.executable
given = [files.as_named_input("mounted").as_mount(), files.as_named_input("copied").as_download()]
script = ScriptRunConfig("project", "train.py", [*given, rows.as_named_input("rows")], configuration)
run = Experiment(workspace, "compat-datasets").submit(script)
run.wait_for_completion(show_output=True)
assert run.get_status() == "Completed"
print(json.dumps({"run": run.id}))
