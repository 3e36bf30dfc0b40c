"""The training of 2019: signed in by the Azure CLI, submitted to the local target, tagged with the build number."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from azureml.core import Environment, Experiment, Run, ScriptRunConfig, Workspace
from azureml.core.authentication import AzureCliAuthentication
from azureml.core.runconfig import RunConfiguration
from azureml.exceptions import ActivityFailedException
from v1_sign_in import workspace

subscription, group, name, number = sys.argv[1:5]
workspace(subscription, group, name)
subprocess.run([sys.executable, "-m", "azure.cli", "login", "--identity", "-o", "none"], check=True)
Path("where.json").write_text(json.dumps({"subscription_id": subscription, "resource_group": group, "name": name}))

Path("training").mkdir()
Path("training/train.py").write_text("""
import os
import sys

from azureml.core import Run

run = Run.get_context()
print("rate", sys.argv[2], os.environ["FLAVOR"], os.path.basename(os.getcwd()) == run.id)
run.log("rate", float(sys.argv[2]))
run.log("rows", 20631)
os.makedirs("outputs", exist_ok=True)
with open("outputs/kept.txt", "w") as file:
    file.write("kept without a word")
with open("model.pkl", "wb") as file:
    file.write(b"the model")
run.upload_file("model.pkl", "model.pkl")
run.complete()
""")
Path("training/broken.py").write_text("import sys\nprint('about to break')\nsys.exit(3)\n")
Path("training/endless.py").write_text("import time\nprint('on and on', flush=True)\ntime.sleep(600)\n")

where = json.loads(Path("where.json").read_text())
ws = Workspace(where["subscription_id"], where["resource_group"], where["name"], auth=AzureCliAuthentication())
configuration = RunConfiguration()
configuration.environment.python.user_managed_dependencies = True
configuration.environment_variables = {"FLAVOR": "plain"}
experiment = Experiment(ws, "turbofan")
said = {}


def submit(script, *arguments):
    config = ScriptRunConfig("training", script, arguments=list(arguments), run_config=configuration)
    return experiment.submit(config, tags={"build number": number, "script": script})


run = submit("train.py", "--rate", 0.5)
said["id"] = run.id
output = io.StringIO()
with contextlib.redirect_stdout(output):
    details = run.wait_for_completion(show_output=True)
printed = output.getvalue().splitlines()
said["printed"] = ["rate 0.5 plain True" in printed, "Streaming azureml-logs/70_driver_log.txt" in printed]
said["details"] = [details["status"], details["target"], details["runDefinition"]["script"]]
said["snapshot"] = bool(details["properties"]["ContentSnapshotId"])
said["metrics"] = run.get_metrics()
said["files"] = run.get_file_names()
run.download_file("model.pkl", "back.pkl")
said["model"] = Path("back.pkl").read_text()
said["source"] = Path(run.restore_snapshot(path=".")).is_file()

broken = submit("broken.py")
try:
    broken.wait_for_completion()
except ActivityFailedException as error:
    said["broken"] = [broken.get_status(), "exit code 3" in str(error)]

endless = submit("endless.py")
while not any("70_driver_log" in each for each in endless.get_file_names()):
    time.sleep(0.2)
endless.cancel()
said["canceled"] = endless.get_status()

found = [each.id for each in experiment.get_runs(tags={"build number": number, "script": "train.py"})]
said["found"] = found == [run.id]
Path("training/remote.py").write_text("""
import os
import sys

from azureml.core import Run

run = Run.get_context()
run.log("rows", len(os.listdir(sys.argv[1])))
print("on a compute", sys.argv[2], run.id == os.environ["AZUREML_RUN_ID"])
os.makedirs("outputs", exist_ok=True)
with open("outputs/kept.txt", "w") as file:
    file.write("kept")
""")
store = ws.get_default_datastore()
store.upload_files(["where.json", "training/train.py"], target_path="rows", overwrite=True, show_progress=False)
environment = Environment("as-it-is")
environment.python.user_managed_dependencies = True
environment.python.interpreter_path = sys.executable
rows = store.path("rows").as_mount()
remote = ScriptRunConfig(
    "training", "remote.py", arguments=[str(rows), "two words"], compute_target="cpu-cluster", environment=environment
)
remote.run_config.data_references = {rows.data_reference_name: rows.to_config()}
there = experiment.submit(remote, tags={"build number": number, "script": "remote.py"})
there.wait_for_completion()
said["remote"] = [there.id, there.get_status(), there.get_metrics(), there.get_file_names(), there.type]
there.get_all_logs("logs")
said["log"] = "on a compute two words True" in "".join(each.read_text() for each in Path("logs").rglob("*.txt"))
later = Run(experiment, run.id)
said["later"] = [type(later).__name__, later.type, later.tags]
said["left"] = Path(os.environ["TMPDIR"], "azureml_runs", run.id, "azureml-setup", "run.json").exists()
print(json.dumps(said))
