"""models: register from a run, list, download."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Experiment, Model, Workspace
from azureml.core.authentication import TokenAuthentication

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
run = Experiment(workspace, "compat-v1").start_logging(snapshot_directory=None)
open("model.txt", "w").write("42")
run.upload_file("outputs/model.txt", "model.txt")
run.complete()
made = run.register_model(NAME, model_path="outputs/model.txt", tags={"a": "b"})
assert [each.version for each in Model.list(workspace, name=NAME)] == [made.version]
path = Model(workspace, NAME).download("down", exist_ok=True)
assert open(path).read() == "42"
print(json.dumps({"name": NAME, "version": str(made.version)}))
