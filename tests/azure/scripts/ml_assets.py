"""What azure-ai-ml does with files that it uploads, datastores, components and endpoints: prints what it got."""

import json
import sys
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command, load_component
from azure.ai.ml.entities import (
    AccountKeyConfiguration,
    AzureBlobDatastore,
    BatchEndpoint,
    BuildContext,
    Data,
    Environment,
    ManagedOnlineEndpoint,
    PatTokenConfiguration,
    Registry,
    RegistryRegionDetails,
    WorkspaceConnection,
)
from azure.ai.ml.entities._assets import Code
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

subscription, group, name = sys.argv[1:4]
ml = MLClient(DefaultAzureCredential(), subscription, group, name)
said: dict[str, object] = {}

# Datastores.
said["datastores"] = [(each.name, each.type) for each in ml.datastores.list()]
default = ml.datastores.get_default(include_secrets=True)
said["default"] = [default.name, bool(default.credentials.sas_token)]
key = AccountKeyConfiguration(account_key="c2VjcmV0")
ml.datastores.create_or_update(
    AzureBlobDatastore(name="lake", account_name="ours", container_name="raw", credentials=key)
)
said["lake"] = [ml.datastores.get("lake").account_name, ml.datastores.get("lake").credentials.type]
said["secret"] = ml.datastores.get("lake", include_secrets=True).credentials.account_key
ml.datastores.delete("lake")
said["deleted"] = "lake" in [each.name for each in ml.datastores.list()]

# Data that is uploaded: a file, a folder, the same folder again.
Path("rows.csv").write_text("a,b\n1,2\n")
Path("folder/deep").mkdir(parents=True)
Path("folder/deep/x.txt").write_text("x")
Path("folder/y.txt").write_text("y")
file = ml.data.create_or_update(Data(name="rows", version="1", path="rows.csv", type="uri_file"))
said["file"] = file.path.partition("/datastores/")[2]
folder = ml.data.create_or_update(Data(name="tree", path="folder", type="uri_folder"))
again = ml.data.create_or_update(Data(name="tree", path="folder", type="uri_folder"))
said["folder"] = [folder.version, again.version, folder.path == again.path]

# Code, by its content; an environment with a Dockerfile.
Path("src").mkdir()
Path("src/train.py").write_text("print('train')\n")
first = ml._code.create_or_update(Code(path="src"))
same = ml._code.create_or_update(Code(path="src"))
Path("src/train.py").write_text("print('train better')\n")
other = ml._code.create_or_update(Code(path="src"))
said["code"] = [first.name == same.name, first.name == other.name, first.path != other.path]
Path("docker").mkdir()
Path("docker/Dockerfile").write_text("FROM python:3.11\n")
image = ml.environments.create_or_update(Environment(name="built", build=BuildContext(path="docker")))
said["built"] = [image.version, image.build.dockerfile_path, "/docker/" in image.build.path]

# Components.
Path("prep.yml").write_text(
    "$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json\n"
    "name: prep\nversion: 3\ntype: command\ninputs: {raw: {type: uri_folder}, ratio: {type: number, default: 0.5}}\n"
    "outputs: {out: {type: uri_folder}}\ncode: ./src\nenvironment: azureml:built@latest\n"
    "command: python train.py ${{inputs.raw}} ${{inputs.ratio}} ${{outputs.out}}\n"
)
prep = ml.components.create_or_update(load_component("prep.yml"))
got = ml.components.get("prep", "3")
said["component"] = [prep.version, got.command, sorted(got.inputs), "/codes/" in got.code]
built = command(
    name="numbered", command="echo ${{inputs.x}}", environment="azureml:built:1", inputs={"x": Input(type="integer")},
    outputs={"o": Output(type="uri_file")},
).component  # fmt: skip
said["numbered"] = [ml.components.create_or_update(built).version for _ in range(2)]
said["components"] = sorted(each.name for each in ml.components.list())
ml.components.archive("prep")
said["components_left"] = sorted(each.name for each in ml.components.list())
try:
    ml.components.get("prep", "99")
except ResourceNotFoundError as error:
    said["no_component"] = error.error.code

# Online endpoints.
endpoint = ml.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="iris-online", auth_mode="key", tags={"team": "a"})
).result()
said["endpoint"] = [endpoint.name, endpoint.provisioning_state, endpoint.scoring_uri.endswith("/score")]
try:
    endpoint.traffic = {"blue": 100}
    ml.online_endpoints.begin_create_or_update(endpoint).result()
except HttpResponseError as error:
    said["wrong_traffic"] = error.status_code
keys = ml.online_endpoints.get_keys("iris-online")
ml.online_endpoints.begin_regenerate_keys("iris-online", key_type="secondary").result()
new = ml.online_endpoints.get_keys("iris-online")
said["keys"] = [keys.primary_key == new.primary_key, keys.secondary_key == new.secondary_key]
said["endpoints"] = [each.name for each in ml.online_endpoints.list()]
ml.online_endpoints.begin_delete("iris-online").result()
said["endpoints_left"] = [each.name for each in ml.online_endpoints.list()]

# Batch endpoints.
ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="iris-batch", description="nightly")).result()
said["batch"] = [ml.batch_endpoints.get("iris-batch").description]
said["batch_endpoints"] = [each.name for each in ml.batch_endpoints.list()]

# Connections.
ml.connections.create_or_update(
    WorkspaceConnection(
        name="git", type="git", target="https://example.org/r.git", credentials=PatTokenConfiguration(pat="p4t")
    )
)
found = ml.connections.get("git")
said["connection"] = [found.name, found.type, found.target, found.credentials.pat]
said["connections"] = [each.name for each in ml.connections.list()]
ml.connections.delete("git")

# A registry of this home, and Azure's own.
ml.registries.begin_create(
    Registry(name=f"{name}-shared", location="local", replication_locations=[RegistryRegionDetails(location="local")])
).result()
said["registries"] = [each.name for each in ml.registries.list() if each.name.startswith(name)]
shared = MLClient(DefaultAzureCredential(), registry_name=f"{name}-shared")
image = shared.environments.create_or_update(Environment(name="base", version="1", image="python:3.12"))
said["shared"] = [
    image.id,
    shared.environments.get("base", "1").image,
    [each.name for each in shared.environments.list()],
]
try:
    MLClient(DefaultAzureCredential(), registry_name="azureml")
except ResourceNotFoundError as error:
    said["azureml"] = "no registry 'azureml' in this home" in str(error)

print(json.dumps(said))
