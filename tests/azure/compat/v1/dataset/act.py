"""datasets: from files and delimited files, register, get_by_name, download, to_pandas_dataframe."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from azureml.core import Dataset, Workspace
from azureml.core.authentication import TokenAuthentication

NAME = sys.argv[1]


def token(*_audience):
    query = urlencode({"resource": "https://management.azure.com/"})
    shown = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    return json.load(urlopen(Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query, headers=shown)))["access_token"]


workspace = Workspace("11111111-2222-3333-4444-555555555555", "compat", "compat", auth=TokenAuthentication(token))
store = workspace.get_default_datastore()
open("rows.csv", "w").write("a,b\n1,2\n3,4\n")
store.upload_files(["rows.csv"], target_path=NAME, overwrite=True, show_progress=False)
Dataset.File.from_files(store.path(NAME), validate=False).register(workspace, NAME, description="files")
files = Dataset.get_by_name(workspace, NAME)
assert files.to_path() == ["/rows.csv"], files.to_path()
(downloaded,) = files.download("down", overwrite=True)
assert open(downloaded).read() == "a,b\n1,2\n3,4\n"
rows = Dataset.Tabular.from_delimited_files(store.path(NAME + "/rows.csv"))
assert rows.to_pandas_dataframe().values.tolist() == [[1, 2], [3, 4]]
table = NAME + " table"
rows.register(workspace, table)
second = rows.register(workspace, table, create_new_version=True, tags={"k": "v"})
assert (second.version, second.tags) == (2, {"k": "v"}), second
second.add_tags({"l": "w"})
found = Dataset.get_by_name(workspace, table)
assert (found.version, found.tags) == (2, {"k": "v", "l": "w"}), found
assert Dataset.get_by_id(workspace, found.id).to_pandas_dataframe()["b"].tolist() == [2, 4]
assert {NAME, table} <= set(Dataset.get_all(workspace))
found.unregister_all_versions()
assert table not in Dataset.get_all(workspace)
print(json.dumps({"dataset": NAME, "store": store.name}))
