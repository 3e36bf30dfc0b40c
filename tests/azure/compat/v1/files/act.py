"""runs: upload_file, upload_folder, get_file_names, download_file."""

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
os.makedirs("folder")
open("folder/b.txt", "w").write("b")
open("a.txt", "w").write("a")
run.upload_file("outputs/a.txt", "a.txt")
run.upload_folder("outputs/folder", "folder")
run.complete()
assert {"outputs/a.txt", "outputs/folder/b.txt"} <= set(run.get_file_names())
run.download_file("outputs/folder/b.txt", "down.txt")
assert open("down.txt").read() == "b"
print(json.dumps({"run": run.id}))
