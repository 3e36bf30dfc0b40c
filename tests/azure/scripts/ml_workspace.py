"""What azure-ai-ml does with workspaces, computes, environments and data that lie elsewhere: prints what it got."""

import json
import sys
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import AmlCompute, ComputeInstance, Data, Environment, Workspace
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

subscription, group, name = sys.argv[1:4]
ml = MLClient(DefaultAzureCredential(), subscription, group, name)
said: dict[str, object] = {}

# Workspaces.
found = ml.workspaces.get(name)
said["workspace"] = [found.name, found.location, found.mlflow_tracking_uri, found.discovery_url, found.resource_group]
made = ml.workspaces.begin_create(
    Workspace(name=f"{name}-2", display_name="Second", tags={"team": "blue"}, location="westeurope")
).result()
said["second"] = [made.name, made.display_name, made.tags]
said["workspaces"] = sorted(each.name for each in ml.workspaces.list() if each.name.startswith(name))
ml.workspaces.begin_delete(f"{name}-2", delete_dependent_resources=False).result()
said["left"] = sorted(each.name for each in ml.workspaces.list() if each.name.startswith(name))

# Computes.
said["computes"] = [each.name for each in ml.compute.list()]
cluster = ml.compute.begin_create_or_update(
    AmlCompute(name="gpu-cluster", size="STANDARD_NC6S_V3", min_instances=0, max_instances=4, tags={"of": "us"})
).result()
said["cluster"] = [cluster.name, cluster.size, cluster.max_instances, cluster.provisioning_state, cluster.tags]
cluster.max_instances = 6
ml.compute.begin_update(cluster).result()
said["bigger"] = ml.compute.get("gpu-cluster").max_instances
ml.compute.begin_create_or_update(ComputeInstance(name="my-box", size="STANDARD_DS3_V2")).result()
ml.compute.begin_stop("my-box").result()
said["stopped"] = ml.compute.get("my-box").state
ml.compute.begin_start("my-box").result()
said["started"] = ml.compute.get("my-box").state
said["nodes"] = len(list(ml.compute.list_nodes("gpu-cluster")))
said["sizes"] = len(ml.compute.list_sizes()) > 5
said["usage"] = len(list(ml.compute.list_usage()))
said["all"] = [(each.name, each.type) for each in ml.compute.list()]
ml.compute.begin_delete("my-box").result()
try:
    ml.compute.get("my-box")
except ResourceNotFoundError as error:
    said["gone"] = error.error.code

# Environments.
Path("conda.yml").write_text("name: train\ndependencies: [python=3.11, pip, {pip: [scikit-learn]}]\n")
conda = Environment(name="train", conda_file="conda.yml", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04")
first = ml.environments.create_or_update(conda)
again = ml.environments.create_or_update(
    Environment(name="train", conda_file="conda.yml", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04")
)
other = ml.environments.create_or_update(Environment(name="train", image="python:3.12", description="by image"))
said["environments"] = [first.version, again.version, other.version]
got = ml.environments.get("train", label="latest")
said["latest"] = [got.version, got.image, got.description]
said["conda"] = ml.environments.get("train", version="1").conda_file["dependencies"][0]
try:
    ml.environments.create_or_update(Environment(name="train", version="1", image="python:3.8"))
except HttpResponseError as error:
    said["fixed"] = error.status_code
ml.environments.archive("train", version="2")
said["active"] = [each.version for each in ml.environments.list("train")]
said["archived"] = [each.version for each in ml.environments.list("train", list_view_type=ListViewType.ARCHIVED_ONLY)]
ml.environments.restore("train", version="2")
said["restored"] = [each.version for each in ml.environments.list("train")]
ml.environments.archive("train")
said["names"] = [each.name for each in ml.environments.list()]
ml.environments.restore("train")
said["names_again"] = [(each.name, each.latest_version) for each in ml.environments.list()]

# Data that lies elsewhere.
url = "https://example.org/iris.csv"
pinned = ml.data.create_or_update(Data(name="iris", version="2024-01", path=url, type="uri_file", tags={"a": "b"}))
said["data"] = [pinned.name, pinned.version, pinned.path, pinned.type, pinned.tags]
for _ in range(2):
    numbered = ml.data.create_or_update(Data(name="counted", path=url, type="uri_file"))
said["counted"] = numbered.version
said["newest"] = ml.data.get("counted", label="latest").version
said["data_names"] = [each.name for each in ml.data.list()]
try:
    ml.data.create_or_update(Data(name="iris", version="2024-01", path=f"{url}.gz", type="uri_file"))
except HttpResponseError as error:
    said["other_path"] = type(error).__name__
ml.data.archive("iris")
said["data_active"] = [each.name for each in ml.data.list()]

print(json.dumps(said))
