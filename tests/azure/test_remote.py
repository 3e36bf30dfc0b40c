"""`executor = "azureml"`: a job is carried out by another workspace. Another home of ours stands for Azure: for the
official SDK only the address differs.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home
from drivetrain.wire.server_process import read_info
from tests.azure.conftest import COMMAND, PATIENCE, SUBSCRIPTION, Served
from tests.azure.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

APPLICATION, SECRET = "4a1f7d1e-3b0c-4f36-9a53-0c4c4a3fb1a1", "a secret that only the two know"
FAR = f"{SUBSCRIPTION}/far/away"


def connect(home: dict[str, str], *data: str, tenant: str = "", url: str = "") -> None:
    words = ["connection", "add", "azure", "--type", "azurerm", "--open"]
    words += ["--parameter", f"serviceprincipalid={APPLICATION}", "--secret", "serviceprincipalkey"]
    words += [word for each in data for word in ("--data", each)]
    words += ["--parameter", f"tenantid={tenant}"] if tenant else []
    words += ["--url", url] if url else []
    done = subprocess.run(
        [COMMAND, *words], env={**os.environ, **home}, input=f"{SECRET}\n", text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def near(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home whose jobs are carried out by a workspace of another."""
    connect({"DRIVETRAIN_HOME": str(served.home.root)}, "environment=Drivetrain")
    home = Home(tmp_path_factory.mktemp("near") / "home")
    own = {"DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0", "REQUESTS_CA_BUNDLE": str(served.bundle)}
    own |= {"DRIVETRAIN_EXECUTOR": "azureml", "DRIVETRAIN_AZUREML_CONNECTION": "azure"}
    own |= {"DRIVETRAIN_AZUREML_WORKSPACE": FAR}
    with Rest(served, "any") as there:
        tenant = there.http.get("/common/v2.0/.well-known/openid-configuration").json()["issuer"].split("/")[3]
    connect(own, "environment=AzureStack", tenant=tenant, url=served.address)
    environment = {**os.environ, **own}
    subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True, timeout=PATIENCE)
    info = read_info(home)
    assert info is not None
    yield Served(home, info)
    subprocess.run([COMMAND, "down"], env=environment, check=True, capture_output=True, timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_job_is_carried_out_by_another_workspace(served: Served, near: Served) -> None:
    command = "echo trained by ${{inputs.who}} && echo 42 > ${{outputs.model}}/answer.txt"
    inputs = {"who": {"jobInputType": "literal", "value": "hand"}}
    outputs = {"model": {"jobOutputType": "uri_folder"}}
    with Rest(near, "here") as here, Rest(served, "away") as there:
        there.path = there.path.replace("/resourceGroups/group/", "/resourceGroups/far/")
        answer = here.job("near-1", command, inputs=inputs, outputs=outputs)
        assert answer.status_code in (200, 201), answer.text
        assert here.ends("near-1") == "Completed", here.properties("near-1")
        (found,) = there.http.get(f"{there.path}/jobs").json()["value"]
        assert found["properties"]["tags"]["submitted by"] == "Drivetrain, job near-1"
        assert found["properties"]["status"] == "Completed"
    written = list((near.home.azure / "blobs").rglob("answer.txt"))
    assert [path.read_text() for path in written] == ["42\n"]
    logs = near.cli("logs", "1")
    assert "trained by hand" in logs
    assert SECRET not in logs
    assert json.loads(near.cli("runs", "--json"))


def test_a_job_needs_the_connection_of_the_settings(near: Served) -> None:
    near.cli("connection", "remove", "azure")
    with Rest(near, "here") as here:
        answer = here.job("near-2", "true")
    assert answer.status_code == 422
    assert "azure could not be found" in answer.text
