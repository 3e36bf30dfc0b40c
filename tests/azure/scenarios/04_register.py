"""Register models: from this machine, from the outputs of a job, from a datastore; list, describe, archive, download.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-models
"""

import json
import os
from pathlib import Path

from azure.ai.ml import MLClient, Output, command
from azure.ai.ml.constants import AssetTypes, ListViewType
from azure.ai.ml.entities import Environment, Model
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ManagedIdentityCredential

client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
Path("local").mkdir()
Path("local/weights").write_text("by hand")
local = client.models.create_or_update(
    Model(name="shelf", path="local", type=AssetTypes.CUSTOM_MODEL, description="By hand", tags={"stage": "dev"})
)
job = client.jobs.create_or_update(
    command(
        command="echo by a job > ${{outputs.model}}/weights",
        outputs={"model": Output(type=AssetTypes.URI_FOLDER)},
        environment=Environment(image="python:3.11-slim"),
        compute="cpu-cluster",
    )
)
client.jobs.stream(job.name)
written = client.models.create_or_update(
    Model(name="shelf", path=f"azureml://jobs/{job.name}/outputs/model", type=AssetTypes.CUSTOM_MODEL)
)
place = local.path.partition("/datastores/")[2]
stored = client.models.create_or_update(
    Model(name="shelf", path=f"azureml://datastores/{place}", type=AssetTypes.CUSTOM_MODEL)
)
changed = client.models.get("shelf", version="1")
changed.tags["stage"] = "prod"
client.models.create_or_update(changed)
client.models.archive("shelf", version="3")
active = [model.version for model in client.models.list("shelf")]
everything = [model.version for model in client.models.list("shelf", list_view_type=ListViewType.ALL)]
client.models.download("shelf", version="2", download_path="got")
[weights] = Path("got").rglob("weights")
try:
    client.models.get("shelf", version="9")
    missing = "found"
except ResourceNotFoundError:
    missing = "not found"
print(
    json.dumps(
        {
            "versions": [local.version, written.version, stored.version],
            "latest": client.models.get("shelf", label="latest").version,
            "tags": client.models.get("shelf", version="1").tags,
            "active": sorted(active),
            "everything": sorted(everything),
            "by_the_job": weights.read_text().strip(),
            "missing": missing,
        }
    )
)
