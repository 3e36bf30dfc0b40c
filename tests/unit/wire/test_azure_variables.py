"""What jobs get so that they find Azure, by the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.home import Home
from drivetrain.run.azure import BUNDLE_VARIABLES, EDGE_VARIABLES
from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.settings import Settings
from drivetrain.source.model import Commit
from drivetrain.wire.azure_variables import AzureOfJobs, edge_variables

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
    return AzureOfJobs(Home(tmp_path), Settings(**settings), runs).environment(SPEC, "token", ADDRESS)


def test_the_lists_of_names_are_those_that_jobs_get(tmp_path: Path) -> None:
    assert set(edge_variables(ADDRESS, tmp_path, "t")) == {*EDGE_VARIABLES, *BUNDLE_VARIABLES}


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
    leading = {*EDGE_VARIABLES, *BUNDLE_VARIABLES} - {"IDENTITY_HEADER"}
    assert set(found.plain) == {"AZURE_CONFIG_DIR", *(leading if where != "real" else ())}
