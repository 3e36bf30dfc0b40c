"""What jobs get so that they find Azure, by the settings."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from drivetrain.home import Home
from drivetrain.run.azure import BUNDLE_VARIABLES, EDGE_VARIABLES, plain_bundles
from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.settings import Settings
from drivetrain.source.model import Commit
from drivetrain.view.api.azure.hosts.credentials import whose
from drivetrain.wire.azure_variables import AzureOfJobs, edge_variables, host_variables, no_proxy

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://127.0.0.1:8675"
SOURCE = RepositorySource("churn", "/churn", "", "refs/heads/main", Commit("0" * 40))
SPEC = JobSpec(7, "1", JobRef("s", "j"), 1, "j", "s", (), (), SOURCE, "", "")


@dataclass
class OfProject:
    """As much of a run as is asked for."""

    project: str
    id: int = 7
    source: RepositorySource = SOURCE


def environment(tmp_path: Path, project: str = "", **settings: Any) -> Any:
    runs: Any = {7: OfProject(project)}.__getitem__
    return AzureOfJobs(Home(tmp_path), Settings(**settings), runs).environment(SPEC, "token", ADDRESS, 8676)


def test_the_lists_of_names_are_those_that_jobs_get(tmp_path: Path) -> None:
    plain = edge_variables(ADDRESS, tmp_path, "t")
    assert {*plain, *host_variables(plain, tmp_path, 1, "t")} == {*EDGE_VARIABLES, *BUNDLE_VARIABLES}


def test_a_job_finds_this_home(tmp_path: Path) -> None:
    found = environment(tmp_path)
    assert found.azure == "connection"
    assert found.secret == {"IDENTITY_HEADER": "token"}
    assert "token" not in found.plain.values()
    assert found.plain["AZURE_CONFIG_DIR"] == f"{tmp_path}/runs/7/s.j.1/temp/azure"
    assert (tmp_path / "azure" / "bundle.pem").read_text() != ""
    request = found.variables["System.OidcRequestUri"]
    assert request.startswith(f"{ADDRESS}/churn/_apis/distributedtask/hubs/build/plans/")


@pytest.mark.parametrize(
    ("project", "settings", "where"),
    [
        ("", {"azure": "real"}, "real"),
        ("", {"azure_projects": {"churn": "real"}}, "real"),
        ("other", {"azure_projects": {"churn": "real"}}, "connection"),
        ("other", {"azure": "real", "azure_projects": {"other": "local"}}, "local"),
    ],
)
def test_one_setting_switches(tmp_path: Path, project: str, settings: dict[str, Any], where: str) -> None:
    found = environment(tmp_path, project, **settings)
    assert found.azure == where
    assert bool(found.secret) is (where != "real")
    leading = set(edge_variables(ADDRESS, tmp_path, "")) - {"IDENTITY_HEADER"}
    assert set(found.plain) == {"AZURE_CONFIG_DIR", *(leading if where != "real" else ())}


def test_azures_own_host_names_lead_to_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    found = environment(tmp_path, azure_projects={"churn": "hosts"})
    assert found.azure == "hosts"
    proxy = urlsplit(found.secret["HTTPS_PROXY"])
    assert (proxy.scheme, proxy.hostname, proxy.port) == ("http", "127.0.0.1", 8676)
    assert found.secret["https_proxy"] == found.secret["HTTPS_PROXY"]
    # What is shown is no token, and is kept out of logs by itself, too.
    assert found.secret["DRIVETRAIN_AZURE_PROXY"] == f"{proxy.username}:{proxy.password}"
    assert "token" not in found.secret["HTTPS_PROXY"]
    key = (tmp_path / "azure" / "proxy.key").read_bytes()
    shown = base64.b64encode(found.secret["DRIVETRAIN_AZURE_PROXY"].encode()).decode()
    assert whose(key, f"Basic {shown}") == hashlib.sha256(b"token").hexdigest()
    assert found.plain["NO_PROXY"] == found.plain["no_proxy"] == "127.0.0.1,localhost,::1"
    # Nothing tells clients of another cloud, and they trust what speaks for Azure's names here.
    assert not {"ARM_CLOUD_METADATA_URL", "AZURE_CLOUD_NAME", "AZUREML_CURRENT_CLOUD"} & set(found.plain)
    for name in BUNDLE_VARIABLES:
        assert found.plain[name] == f"{tmp_path}/azure/hosts/bundle.pem"
    # A step that signs in to Azure itself trusts it no longer.
    assert plain_bundles(found.plain) == dict.fromkeys(BUNDLE_VARIABLES, f"{tmp_path}/azure/bundle.pem")
    assert plain_bundles(environment(tmp_path).plain) == {}


@pytest.mark.parametrize(
    ("given", "spared"),
    [
        ("", "127.0.0.1,localhost,::1"),
        ("intern.example, .corp", "intern.example,.corp,127.0.0.1,localhost,::1"),
        ("localhost,azure.com,*.windows.net,10.0.0.1", "localhost,10.0.0.1,127.0.0.1,::1"),
        ("management.azure.com:443,example.org", "example.org,127.0.0.1,localhost,::1"),
        ("*", "127.0.0.1,localhost,::1"),
        ("x.blob.core.windows.net,.ms", "127.0.0.1,localhost,::1"),
    ],
)
def test_whom_clients_ask_without_the_proxy(given: str, spared: str) -> None:
    assert no_proxy({"NO_PROXY": given}) == spared
