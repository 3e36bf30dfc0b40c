"""Pipeline jobs by azure-ai-ml: branches, reuse, a step that fails, cancel. The last line is JSON."""

import json
import sys
import tempfile
import time
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command, dsl
from azure.ai.ml.entities import Environment
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential

ENDED = ("Completed", "Failed", "Canceled")
client = MLClient(ManagedIdentityCredential(), sys.argv[1], "group", sys.argv[2])
code = Path(tempfile.mkdtemp())
(code / "step.py").write_text(
    "import sys, pathlib, time\n"
    "name, seconds, out, *texts = sys.argv[1:]\n"
    "time.sleep(float(seconds))\n"
    "if name == 'fail':\n"
    "    sys.exit('it fails on purpose')\n"
    "read = [pathlib.Path(text, 'said').read_text() for text in texts]\n"
    "pathlib.Path(out).mkdir(exist_ok=True, parents=True)\n"
    "pathlib.Path(out, 'said').write_text(f\"{name}({','.join(read)})\")\n"
)
environment = Environment(name="bare", image="python:3.11-slim")


def step(name: str, *above: str, seconds: str = "0"):
    given = " ".join(f"${{{{inputs.{each}}}}}" for each in above)
    return command(
        name=name,
        command=f"python step.py {name} ${{{{inputs.seconds}}}} ${{{{outputs.out}}}} {given}",
        code=str(code),
        environment=environment,
        inputs={**{each: Input(type="uri_folder") for each in above}, "seconds": Input(type="number", default=seconds)},
        outputs={"out": Output(type="uri_folder")},
    )


first, left, right, join = step("first"), step("left", "a"), step("right", "a"), step("join", "a", "b")
fail, slow = step("fail"), step("slow", seconds="60")


@dsl.pipeline()
def inner(a: Input(type="uri_folder")):
    one = left(a=a)
    return {"result": one.outputs.out}


@dsl.pipeline(display_name="branches")
def branches(seconds: float = 0):
    start = first(seconds=seconds)
    nested = inner(a=start.outputs.out)
    other = right(a=start.outputs.out)
    both = join(a=nested.outputs.result, b=other.outputs.out)
    return {"result": both.outputs.out}


@dsl.pipeline()
def failing():
    broken = fail()
    beside = slow()
    after = left(a=broken.outputs.out)
    return {"beside": beside.outputs.out, "after": after.outputs.out}


@dsl.pipeline()
def partly():
    broken = fail()
    after = left(a=broken.outputs.out)
    beside = first(seconds=0.01)
    return {"beside": beside.outputs.out, "after": after.outputs.out}


@dsl.pipeline()
def waiting():
    only = slow()
    return {"only": only.outputs.out}


def ended(name: str):
    while (job := client.jobs.get(name)).status not in ENDED:
        time.sleep(0.2)
    return job


def children(name: str) -> dict[str, dict[str, str]]:
    return {
        child.display_name: {"status": child.status, "reused": child.properties.get("azureml.isreused", "")}
        for child in client.jobs.list(parent_job_name=name)
    }


def submitted(make, **more):
    job = make()
    job.settings.default_compute = "serverless"
    for key, value in more.items():
        setattr(job.settings, key, value)
    return client.jobs.create_or_update(job, experiment_name="pipes")


def run(make, **more) -> dict:
    job = ended(submitted(make, **more).name)
    return {"name": job.name, "status": job.status, "type": job.type, "children": children(job.name)}


found = {"first": run(branches)}
client.jobs.download(found["first"]["name"], output_name="result", download_path="downloaded")
found["said"] = next(Path("downloaded").rglob("said")).read_text()
found["second"] = run(branches)
client.jobs.download(found["second"]["name"], output_name="result", download_path="again")
found["said again"] = next(Path("again").rglob("said")).read_text()
found["forced"] = run(branches, force_rerun=True)
found["failing"] = run(failing)
found["partly"] = run(partly, continue_on_step_failure=True)
job = submitted(waiting)
while children(job.name)["only"]["status"] != "Running":
    time.sleep(0.2)
client.jobs.begin_cancel(job.name).result()
status = ended(job.name).status
found["canceled"] = {"status": status, "children": {"only": ended(f"{job.name}_only").status}}
try:
    submitted(lambda: branches(seconds="soon"))
except HttpResponseError as refused:
    found["wrong"] = str(refused)
print(json.dumps(found))
