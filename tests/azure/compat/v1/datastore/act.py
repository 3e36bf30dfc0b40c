"""datastores: upload and download files."""

import json
import os
import sys

from azureml.core import Workspace
from azureml.core.authentication import MsiAuthentication

NAME = sys.argv[1]
workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=MsiAuthentication())
store = workspace.get_default_datastore()
open("rows.csv", "w").write(NAME)
store.upload_files(["rows.csv"], target_path=NAME, overwrite=True, show_progress=False)
store.download("down", prefix=NAME, show_progress=False)
assert open(os.path.join("down", NAME, "rows.csv")).read() == NAME
print(json.dumps({"store": store.name, "path": NAME + "/rows.csv"}))
