"""Azure's own host names lead here, for jobs and commands that ask for it: who knows no others finds this home."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import AssetKind
from drivetrain.wire.storage import Storage
from tests.azure.conftest import COMMAND, PATIENCE, SCRIPTS, SUBSCRIPTION, Served, python_of

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a secret that only this test knows"
ASK = """\
import json, os
from urllib.request import urlopen
found = json.load(urlopen("https://management.azure.com/metadata/endpoints?api-version=2019-05-01"))
print("found", found[0]["name"], os.environ["HTTPS_PROXY"], "AZURE_CLOUD_NAME" in os.environ)
"""
PIPELINE = """\
trigger: none
steps:
- bash: python "$(Build.Repository.Uri)/ask.py"
"""
OF_2019 = """\
trigger: none
steps:
- bash: echo "##vso[task.prependpath]{programs}"
- task: AzureCLI@1
  inputs:
    azureSubscription: of-2019
    scriptLocation: inlineScript
    inlineScript: |
      mkdir work && cd work
      python -W ignore ../submit.py {subscription} hosts of-2019
"""


def application(served: Served, name: str) -> list[str]:
    """Id, secret and tenant of an application, which a service connection is."""
    environment = {**os.environ, "DRIVETRAIN_HOME": str(served.home.root)}
    command: list[str | os.PathLike[str]] = [
        COMMAND,
        "connection",
        "add",
        name,
        "--type",
        "azurerm",
        "--secret",
        "serviceprincipalkey",
    ]
    command += ["--data", "environment=Drivetrain", "--data", f"subscriptionId={SUBSCRIPTION}", "--json"]
    made = subprocess.run(command, env=environment, input=SECRET, capture_output=True, text=True, check=True)
    values = {each["name"]: each["value"] for each in json.loads(made.stdout)["values"]}
    return [values["serviceprincipalid"], SECRET, values["tenantid"]]


def executed(served: Served, folder: Path, *command: str, **more: str) -> Any:
    """What a command's last line says as JSON, with Azure's own names leading here."""
    own = {"DRIVETRAIN_HOME": str(served.home.root), "HOME": str(folder), "DO_NOT_TRACK": "1", **more}
    done = subprocess.run(
        [COMMAND, "exec", "--azure-hosts", "--no-login", "--", *command],
        env={**os.environ, **own}, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_script_for_azure_itself_finds_this_home(served: Served, tmp_path: Path) -> None:
    where = [SUBSCRIPTION, "hosts", "for-azure"]
    command = [str(python_of("ml")), "-W", "ignore", str(SCRIPTS / "hosts_ml.py"), *where]
    said = executed(served, tmp_path, *command, *application(served, "for-azure"))
    assert said == {"workspace": "for-azure", "token": True, "data": ["rows", "1"]}
    storage = Storage(served.home)
    workspace = storage.workspaces.get(*where)
    assert storage.assets.get(workspace.id, AssetKind.DATA, "rows", "1").body["properties"]["dataType"] == "uri_file"


def test_jobs_of_a_home_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    (folder / "ask.py").write_text(ASK)
    own = {"DRIVETRAIN_HOME": str(tmp_path / "home"), "DRIVETRAIN_AZURE": "hosts"}
    done = subprocess.run(
        [COMMAND, "run"], env={**os.environ, **own}, cwd=folder, capture_output=True, text=True, check=False,
        timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found Drivetrain *** False" in done.stdout


def test_a_setting_of_a_step_that_leads_to_azure_itself(served: Served) -> None:
    """The names of what leads here are those that such a step does not get."""
    printed = json.loads(served.cli("az-env", "--azure-hosts", "--no-login", "--json"))
    plain = json.loads(served.cli("az-env", "--no-login", "--json"))
    assert {"HTTPS_PROXY", "https_proxy", "NO_PROXY"} <= printed.keys()
    assert "HTTPS_PROXY" not in plain
    assert printed["SSL_CERT_FILE"] != plain["SSL_CERT_FILE"]


def test_the_clients_of_2019(tmp_path: Path) -> None:
    """az 2.0.72 and azureml-core 1.0.69 on Python 3.6, which have Azure's own host names in their code, in a step that
    is signed in as it was then.
    """
    programs = python_of("v1_2019").parent
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    (folder / "azure-pipelines.yml").write_text(OF_2019.format(programs=programs, subscription=SUBSCRIPTION))
    (folder / "submit.py").write_text((SCRIPTS / "v1_2019.py").read_text())
    own = {"DRIVETRAIN_HOME": str(tmp_path / "home"), "DRIVETRAIN_AZURE": "hosts", "HOME": str(tmp_path)}
    own |= {"DO_NOT_TRACK": "1", "TMPDIR": str(tmp_path)}
    add = ["connection", "add", "of-2019", "--type", "azurerm", "--open", "--data", f"subscriptionId={SUBSCRIPTION}"]
    subprocess.run([COMMAND, *add], env={**os.environ, **own}, check=True, capture_output=True)
    done = subprocess.run(
        [COMMAND, "run"], env={**os.environ, **own}, cwd=folder, capture_output=True, text=True, check=False,
        timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    said = json.loads(next(line for line in done.stdout.splitlines() if line.strip().startswith('{"id"')))
    run = said.pop("id")
    assert said == {
        "python": [3, 6],
        "status": "Completed",
        "metrics": {"answer": 42, "curve": [1.0, 0.5], "rows": {"x": [1, 2], "y": [3, 4]}},
        "tags": {"build number": "20191010.2", "seen": "20191010.2"},
        "files": ["azureml-logs/70_driver_log.txt", "outputs/model.txt"],
        "by_tag": [run],
        "model": ["of-2019", 1, "of-2019"],
    }
    # The table of training runs at the end is what MLflow has.
    assert [line.split()[1:4] for line in done.stdout.splitlines() if f" {run} " in line][-1] == [run, "FINISHED", "42"]
