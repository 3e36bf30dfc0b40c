"""The edge asked by plain HTTP, as its owner: for what needs no client, only many requests."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any, Self

import httpx

from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.azure.conftest import Served

PATIENCE = 240.0


class Rest:
    """One workspace of a home."""

    def __init__(self, served: Served, workspace: str) -> None:
        bundle = ssl.create_default_context(cafile=str(served.home.azure / "bundle.pem"))
        self.http = httpx.Client(base_url=served.address, verify=bundle, timeout=PATIENCE)
        asked = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
        answer = self.http.get("/msi/token", params=asked, headers={"x-identity-header": served.owner_token})
        self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group"
        self.path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def job(self, name: str, command: str, **properties: Any) -> httpx.Response:
        """Submit a command job, on the Python that this machine surely has."""
        body = {
            "jobType": "Command",
            "command": command,
            "environmentId": "azureml://registries/azureml/environments/python-3.11/versions/1",
            "experimentName": "rest",
            **properties,
        }
        return self.http.put(f"{self.path}/jobs/{name}", json={"properties": body})

    def properties(self, name: str) -> dict[str, Any]:
        """Of a job."""
        found: dict[str, Any] = self.http.get(f"{self.path}/jobs/{name}").json()["properties"]
        return found

    def status(self, name: str) -> str:
        """Of a job."""
        return str(self.properties(name)["status"])

    def ends(self, name: str) -> str:
        """How a job ends."""
        until(lambda: self.status(name) in ("Completed", "Failed", "Canceled"), f"{name} ends")
        return self.status(name)

    def details(self, name: str) -> dict[str, Any]:
        """Of the training run of a job."""
        found: dict[str, Any] = self.http.get(f"/history/v1.0{self.path}/runs/{name}/details").json()
        return found


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for: {what}"
        time.sleep(0.05)
