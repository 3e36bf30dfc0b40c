"""jobs: submit a command, stream, download."""

import json
import os
import sys

from azure.ai.ml import MLClient, Output, command
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

job = client.jobs.create_or_update(
    command(
        command="echo value ${{inputs.x}} && echo done > ${{outputs.out}}/file.txt",
        inputs={"x": 7},
        outputs={"out": Output(type="uri_folder")},
        environment=Environment(image="ubuntu:22.04"),
        experiment_name="compat",
        display_name=NAME,
        tags={"build number": NAME},
    )
)

client.jobs.stream(job.name)
done = client.jobs.get(job.name)
assert done.status == "Completed"
client.jobs.download(job.name, output_name="out", download_path="down")
found = [open(os.path.join(place, name)).read() for place, _, names in os.walk("down") for name in names]
assert "done\n" in found, found
print(json.dumps({"name": job.name, "tag": NAME}))
