"""A pipeline of components: one from a file, one written in Python, joined by inputs and outputs; and what it leaves.

https://learn.microsoft.com/azure/machine-learning/how-to-create-component-pipeline-python
https://learn.microsoft.com/azure/machine-learning/how-to-create-component-pipelines-cli
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command, dsl, load_component
from azure.ai.ml.entities import Data, Environment
from azure.identity import ManagedIdentityCredential

Path("prepare").mkdir()
Path("prepare/prepare.py").write_text(
    "import pathlib, sys\n"
    "words = pathlib.Path(sys.argv[1]).read_text().split()\n"
    "pathlib.Path(sys.argv[2], 'words').write_text(' '.join(sorted(words)))\n"
)
Path("prepare/component.yml").write_text(
    """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: prepare
version: "1"
display_name: Prepare words
inputs: {raw: {type: uri_file}}
outputs: {words: {type: uri_folder}}
code: .
environment: {image: python:3.11-slim}
command: python prepare.py ${{inputs.raw}} ${{outputs.words}}
"""
)
Path("raw.txt").write_text("pear apple fig")
client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
prepare = client.components.create_or_update(load_component("prepare/component.yml"))
count = command(
    name="count",
    command="(wc -w < ${{inputs.words}}/words && echo ${{inputs.note}}) > ${{outputs.told}}/count",
    environment=Environment(image="python:3.11-slim"),
    inputs={"words": Input(type="uri_folder"), "note": Input(type="string", default="none")},
    outputs={"told": Output(type="uri_folder")},
)
data = client.data.create_or_update(Data(name="raw", version="1", path="raw.txt", type="uri_file"))


@dsl.pipeline(compute="cpu-cluster", description="Words, counted")
def counted(raw, note):
    prepared = prepare(raw=raw)
    told = count(words=prepared.outputs.words, note=note)
    return {"told": told.outputs.told}


job = client.jobs.create_or_update(
    counted(raw=Input(type="uri_file", path=data.id), note="three fruits"), experiment_name="counting"
)
client.jobs.stream(job.name)
done = client.jobs.get(job.name)
client.jobs.download(job.name, output_name="told", download_path="got")
[told] = Path("got").rglob("count")
print(
    json.dumps(
        {
            "status": done.status,
            "description": done.description,
            "component": [prepare.name, prepare.version, prepare.display_name],
            "steps": {each.display_name: each.status for each in client.jobs.list(parent_job_name=job.name)},
            "told": told.read_text().split(),
        }
    )
)
