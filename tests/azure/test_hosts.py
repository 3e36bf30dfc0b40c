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


def application(served: Served, name: str) -> list[str]:
    """Id, secret and tenant of an application, which a service connection is."""
    environment = {**os.environ, "DRIVETRAIN_HOME": str(served.home.root)}
    command = [COMMAND, "connection", "add", name, "--type", "azurerm", "--secret", "serviceprincipalkey"]
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
