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
from drivetrain.run.model import AZURE_ML
from drivetrain.wire.registry.origins import RunOrigins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def store(kept: Mapping[tuple[object, ...], object], **more: Any) -> Any:
    def get(*key: object) -> object:
        if key not in kept:
            raise NotFoundError(f"there is no {key}")
        return kept[key]

    return SimpleNamespace(get=get, **more)


def run_of(provider: str) -> object:
    return SimpleNamespace(source=SimpleNamespace(provider=provider))


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
    jobs = store({}, of_run=lambda _: [job])
    nothing: Any = None
    return RunOrigins(runs, nothing, tmp_path, jobs)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"drivetrain.workspace": "w"}, 8),
        ({"drivetrain.workspace": "another"}, None),
        ({}, None),
        ({"drivetrain.workspace": "w", "drivetrain.build_id": "1"}, None),  # a pipeline has submitted it
        ({"drivetrain.workspace": "w", "drivetrain.build_id": "2"}, 8),  # a sweep has begun it
        ({"drivetrain.workspace": "w", "drivetrain.build_id": "3"}, None),
    ],
)
def test_a_job_has_a_run_of_its_own(tmp_path: Path, tags: dict[str, str], found: int | None) -> None:
    runs, jobs = store({(1,): run_of(""), (2,): run_of(AZURE_ML)}), store({("w", "a"): SimpleNamespace(run_id=8)})
    nothing: Any = None
    known = Training("a", ended=True, deleted=False, params={}, metrics={}, tags=tags)
    assert RunOrigins(runs, nothing, tmp_path, jobs).run_of(known) == found


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
