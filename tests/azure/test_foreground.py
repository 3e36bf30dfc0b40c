"""A run without a server: its jobs submit Azure ML jobs to the process that serves them, which carries them out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from drivetrain.home import Home
from drivetrain.run.azureml.model import JobStatus
from drivetrain.wire.storage import Storage
from tests.azure.conftest import COMMAND, PATIENCE, SUBSCRIPTION
from tests.azure.rest import until

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/foreground"
SUBMIT = f"""\
import json, os, sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen
base = os.environ["ARM_CLOUD_METADATA_URL"].partition("/metadata")[0]
def ask(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    asked = Request(base + path, data, {{"content-type": "application/json", **headers}}, method=method)
    try:
        return json.loads(urlopen(asked).read())
    except HTTPError as error:
        sys.exit(error.read().decode())
secret = os.environ["IDENTITY_HEADER"]
answer = ask("GET", "/msi/token?resource=https://management.azure.com", **{{"x-identity-header": secret}})
workspace = "{WORKSPACE}"
job = {{
    "jobType": "Command",
    "command": "until [ -e %s/go ]; do sleep 0.1; done" % os.getcwd(),
    "environmentId": "azureml://registries/azureml/environments/python-3.11/versions/1",
    "experimentName": "foreground",
}}
made = ask("PUT", workspace + "/jobs/patient", {{"properties": job}}, authorization="Bearer " + answer["access_token"])
print("submitted", made["name"], os.getcwd())
"""
PIPELINE = """\
trigger: none
steps:
- bash: python "$(Build.Repository.Uri)/submit.py"
  workingDirectory: $(Build.Repository.Uri)
"""


def _serving(home: Path) -> list[int]:
    """The processes that serve runs of this home."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
        except OSError:
            continue
        if b"drivetrain.wire.tracking_process" in words and str(home).encode() in words:
            found.append(int(entry.name))
    return found


def test_a_job_that_outlives_its_run_is_carried_on(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    (folder / "submit.py").write_text(SUBMIT)
    done = subprocess.run(
        [COMMAND, "run"], env={**os.environ, "DRIVETRAIN_HOME": str(home.root)}, cwd=folder, capture_output=True,
        text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"submitted patient {folder}" in done.stdout
    storage = Storage(home)
    (workspace,) = storage.workspaces.all()
    assert storage.azure_jobs.get(workspace.id, "patient").status is None
    assert len(_serving(home.root)) == 1
    (folder / "go").touch()
    until(lambda: not _serving(home.root), "the process to end")
    assert storage.azure_jobs.get(workspace.id, "patient").status is JobStatus.COMPLETED
