"""datastores: upload and download files."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Workspace
from azureml.core.authentication import TokenAuthentication

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
store = workspace.get_default_datastore()
open("rows.csv", "w").write(NAME)
store.upload_files(["rows.csv"], target_path=NAME, overwrite=True, show_progress=False)
store.download("down", prefix=NAME, show_progress=False)
assert open(os.path.join("down", NAME, "rows.csv")).read() == NAME
print(json.dumps({"store": store.name, "path": NAME + "/rows.csv"}))
