"""What azure-ai-ml does with command jobs: prints what it got."""

import contextlib
import io
import json
import sys
import time
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, PyTorchDistribution, command
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data, Environment
from azure.ai.ml.exceptions import JobException
from azure.identity import DefaultAzureCredential

subscription, group, name = sys.argv[1:4]
ml = MLClient(DefaultAzureCredential(), subscription, group, name)
said: dict[str, object] = {}
TRAIN = """\
import os, pathlib, sys, six
lr, word, one, many, model, report, net = sys.argv[1:]
print("lr", lr, word, six.__name__, os.environ["GREETING"], os.environ["AZUREML_RUN_ID"], flush=True)
print("inputs", pathlib.Path(one).name, pathlib.Path(one).read_text(), sorted(os.listdir(many)), flush=True)
pathlib.Path(model, "weights").mkdir(parents=True)
pathlib.Path(model, "weights", "w.txt").write_text(lr)
pathlib.Path(report).write_text("good")
pathlib.Path(net, "n.txt").write_text("a net")
pathlib.Path("outputs", "plain.txt").write_text("an artifact")
print("helper", pathlib.Path("lib/helper.py").exists(), flush=True)
"""
MLTRACKED = 'python -c \'import os; print(os.environ["MLFLOW_RUN_ID"], "MLFLOW_TRACKING_TOKEN" in os.environ)\''


def until(job: str, *wanted: str) -> str:
    while (status := ml.jobs.get(job).status) not in wanted:
        time.sleep(0.1)
    return getattr(status, "value", status)


# A job with everything.
for path, text in {
    "src/train.py": TRAIN,
    "src/lib/helper.py": "",
    "one.csv": "1,2",
    "many/a.txt": "a",
    "many/b.txt": "b",
}.items():
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
ml.data.create_or_update(Data(name="many", version="1", path="many", type="uri_folder"))
environment = ml.environments.create_or_update(
    Environment(
        name="small",
        image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
        conda_file={"name": "small", "dependencies": ["python=3.11", "six", "cudatoolkit=11", {"pip": ["colorama"]}]},
    )
)
job = command(
    code="src",
    command="python train.py ${{inputs.lr}} '${{inputs.word}}' ${{inputs.one}} ${{inputs.many}} "
    "${{outputs.model}} ${{outputs.report}} ${{outputs.net}} $[[${{inputs.no}}]]",
    environment=environment,
    inputs={
        "lr": 0.1,
        "word": "two words",
        "one": Input(type="uri_file", path="one.csv"),
        "many": Input(type="uri_folder", path="azureml:many:1", mode="download"),
    },
    outputs={
        "model": Output(type="uri_folder", name="weights"),
        "report": Output(type="uri_file", mode="upload"),
        "net": Output(type="custom_model", name="net"),
    },
    environment_variables={"GREETING": "hello"},
    experiment_name="compat jobs",
    display_name="Everything",
    description="A job",
    tags={"color": "blue"},
    compute="cpu-cluster",
)
made = ml.jobs.create_or_update(job)
said["made"] = [made.display_name, made.experiment_name, made.type, made.tags, made.description]
with contextlib.redirect_stdout(io.StringIO()) as log:
    ml.jobs.stream(made.name)
said["stream"] = [
    line.replace(made.name, "NAME")
    for line in log.getvalue().splitlines()
    if line[:6] in ("lr 0.1", "inputs", "helper")
]
done = ml.jobs.get(made.name)
said["done"] = [done.status, done.outputs["model"].path.replace(made.name, "NAME"), done.compute, done.environment]
said["web"] = done.services["Studio"].endpoint
ml.jobs.download(made.name, download_path="got", all=True)
said["files"] = sorted(str(path.relative_to("got")) for path in Path("got").rglob("*") if path.is_file())
said["weights"] = ml.data.get("weights", label="latest").version
said["net"] = [
    ml.models.get("net", version="1").type,
    ml.models.get("net", version="1").properties["azureml.jobName"] == made.name,
]

# What can be changed of it.
done.tags["size"] = "big"
said["tags"] = ml.jobs.create_or_update(done).tags
ml.jobs.archive(made.name)
said["active"] = [each.name == made.name for each in ml.jobs.list() if each.experiment_name == "compat jobs"]
said["archived"] = [each.name == made.name for each in ml.jobs.list(list_view_type=ListViewType.ARCHIVED_ONLY)]
ml.jobs.restore(made.name)
said["restored"] = [each.name == made.name for each in ml.jobs.list() if each.experiment_name == "compat jobs"]

# The output of one job as the input of another, which fails.
failing = ml.jobs.create_or_update(
    command(
        command="cat ${{inputs.before}}/weights/w.txt ${{inputs.net}}/n.txt && echo it broke >&2 && exit 3",
        inputs={
            "before": Input(type="uri_folder", path=f"azureml://jobs/{made.name}/outputs/model"),
            "net": Input(type="custom_model", path="azureml:net:1"),
        },
        environment=environment,
        experiment_name="compat jobs",
    )
)
try:
    with contextlib.redirect_stdout(io.StringIO()):
        ml.jobs.stream(failing.name)
except JobException as error:
    said["error"] = [word in str(error) for word in ("UserError", "status code 3", "0.1a netit broke")]
said["failed"] = ml.jobs.get(failing.name).status

# A job that is canceled.
long = ml.jobs.create_or_update(
    command(command="echo begun; sleep 600", environment=environment, experiment_name="compat jobs", compute="local")
)
until(long.name, "Running")
ml.jobs.begin_cancel(long.name).result()
said["canceled"] = until(long.name, "Canceled")

# An image alone, and two processes.
several = ml.jobs.create_or_update(
    command(
        command="echo rank $RANK of $WORLD_SIZE; " + MLTRACKED,
        environment="AzureML-minimal-ubuntu22.04-py311-cpu-inference@latest",
        distribution=PyTorchDistribution(process_count_per_instance=2),
        experiment_name="compat jobs",
    )
)
said["several"] = until(several.name, "Completed", "Failed")
ml.jobs.download(several.name, download_path="several")
text = Path("several/artifacts/user_logs/std_log_process_0.txt").read_text().replace(several.name, "NAME")
said["ranks"] = sorted(text.splitlines())
said["names"] = [made.name, failing.name, long.name, several.name]
print(json.dumps(said))
