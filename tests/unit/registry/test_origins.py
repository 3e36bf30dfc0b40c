"""Data that a job of Azure Machine Learning has read, by what the job has named and what lies there."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from drivetrain.errors import NotFoundError
from drivetrain.plan.azureml.model import CommandTask, EnvironmentTask, InputTask, Place, TrackedRun, WorkspacePlace
from drivetrain.registry.versions.digests import content_of
from drivetrain.registry.versions.model import Training
from drivetrain.wire.registry.origins import RunOrigins

if TYPE_CHECKING:
    from pathlib import Path


def no_job(_workspace: str, name: str) -> None:
    raise NotFoundError(name)


def origins(tmp_path: Path, uri: str, place: Place) -> RunOrigins:
    task = CommandTask(
        TrackedRun("brave_sky", "e", "0"),
        WorkspacePlace("w", "p", "s", "g", "n"),
        "train",
        (),
        EnvironmentTask(),
        inputs={"sales": InputTask("uri_folder", place=place), "alpha": InputTask("number", "1")},
    )
    inputs = {"job": msgspec.json.encode(task).decode()}
    step = SimpleNamespace(inputs=inputs)
    plan = SimpleNamespace(
        stages=[SimpleNamespace(jobs=[SimpleNamespace(steps=[SimpleNamespace(inputs={"job": "{"}), step])])]
    )
    job = SimpleNamespace(name="brave_sky", body={"inputs": {"sales": {"uri": uri}}})
    runs: Any = SimpleNamespace(plan=lambda _: plan)
    jobs: Any = SimpleNamespace(of_run=lambda _: [job], get=no_job)
    nothing: Any = None
    return RunOrigins(runs, nothing, tmp_path, jobs)


def training(name: str = "brave_sky") -> Training:
    return Training(name, ended=True, deleted=False, params={}, metrics={}, tags={"drivetrain.build_id": "3"})


@pytest.mark.parametrize(
    ("uri", "name", "version"),
    [
        ("azureml:sales-of-2026:4", "sales-of-2026", "4"),
        ("/subscriptions/s/resourceGroups/g/workspaces/w/data/sales-of-2026/versions/4", "sales-of-2026", "4"),
        ("azureml://datastores/x/paths/y", "sales", ""),
        ("", "sales", ""),
    ],
)
def test_data_has_the_name_of_the_asset_and_the_digest_of_its_files(
    tmp_path: Path, uri: str, name: str, version: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text(json.dumps({}))
    (found,) = origins(tmp_path, uri, Place("azureml://datastores/x/paths/y", str(folder))).data(training())
    assert (found.name, found.version, found.source) == (name, version, "azureml://datastores/x/paths/y")
    assert found.digest == content_of(folder).digest


def test_what_is_not_here_has_no_digest(tmp_path: Path) -> None:
    (found,) = origins(tmp_path, "azureml:a:1", Place("x", str(tmp_path / "gone"))).data(training())
    assert (found.name, found.digest) == ("a", "")
    assert origins(tmp_path, "azureml:a:1", Place("https://x")).data(training()) == ()
    assert origins(tmp_path, "azureml:a:1", Place("x", "/x")).data(training("another")) == ()
