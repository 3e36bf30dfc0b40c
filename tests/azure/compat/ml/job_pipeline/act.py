"""jobs: a pipeline of two steps."""

import json
import os
import sys

from azure.ai.ml import Input, MLClient, Output, command, dsl
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

first = command(
    name="first",
    command="echo 41 > ${{outputs.number}}",
    outputs={"number": Output(type="uri_file")},
    environment=Environment(image="ubuntu:22.04"),
)
second = command(
    name="second",
    command="echo $(( $(cat ${{inputs.number}}) + 1 )) > ${{outputs.sum}}",
    inputs={"number": Input(type="uri_file")},
    outputs={"sum": Output(type="uri_file")},
    environment=Environment(image="ubuntu:22.04"),
)


@dsl.pipeline(display_name=NAME, experiment_name="compat", default_compute="serverless")
def both():
    one = first()
    two = second(number=one.outputs.number)
    return {"sum": two.outputs.sum}


job = client.jobs.create_or_update(both())
client.jobs.stream(job.name)
assert client.jobs.get(job.name).status == "Completed"
client.jobs.download(job.name, output_name="sum", download_path="down")
found = [open(os.path.join(place, name)).read() for place, _, names in os.walk("down") for name in names]
assert "42\n" in found, found
print(json.dumps({"name": job.name}))
