"""Deployments as Azure's YAML has them, and all that can be wrong with one, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import DefinitionError, NotFoundError
from drivetrain.serve.model import Probe, RequestSettings, Script
from drivetrain.wire.serving.deployment_file import deployment_of

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: shop
model: azureml:churn:3
code_configuration:
  code: src
  scoring_script: score.py
environment:
  conda_file: conda.yml
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest
environment_variables: {MODE: quick, N: 3}
instance_type: Standard_DS3_v2
instance_count: 2
request_settings: {request_timeout_ms: 3000, max_concurrent_requests_per_instance: 4, max_queue_wait_ms: 0}
liveness_probe: {initial_delay: 5, period: 2.5, timeout: 1, success_threshold: 1, failure_threshold: 3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text("def init(): ...\ndef run(raw_data): ...\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.11]\n")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "deployment.yml"
    path.write_text(text)
    return path


def test_a_whole_file_is_understood(folder: Path) -> None:
    found = deployment_of(write(folder, WHOLE))
    spec = found.spec
    assert (found.name, found.endpoint, spec.model, spec.instances) == ("blue", "shop", "churn:3", 2)
    assert spec.script == Script(str(folder / "src"), "score.py")
    assert spec.environment.conda == "dependencies: [python=3.11]\n"
    assert spec.variables == {"MODE": "quick", "N": "3"}
    assert spec.request == RequestSettings(3000, 4, 0)
    assert (spec.liveness, spec.readiness) == (Probe(5.0, 2.5, 1.0, 1, 3), Probe())


@pytest.mark.parametrize(
    ("model", "reference", "files"),
    [
        ("churn", "churn", ""),
        ("azureml:churn@latest", "churn", ""),
        ("azureml:churn@champion", "churn@champion", ""),
        ("{name: churn, version: 3}", "churn:3", ""),
        ("{path: model}", "", "model"),
    ],
)
def test_a_model_is_named_in_azures_ways(folder: Path, model: str, reference: str, files: str) -> None:
    spec = deployment_of(write(folder, f"model: {model}\n")).spec
    assert (spec.model, spec.files) == (reference, str(folder / files) if files else "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: blue\n", "1:1: error: there is nothing to deploy"),
        ("model: m:1\ninstance_count: 0\n", "2:17: error: instance_count must be a number from 1 to 100, not '0'"),
        ("model: m:1\ninstance_count: 1.5\n", "2:17: error: instance_count must be a whole number"),
        ("model: m:1\ninstances: 1\n", "2:1: error: Unexpected value 'instances'"),
        ("model: azureml:/x/y\n", "1:8: error: model: 'azureml:/x/y' names no model"),
        ("model: {path: gone}\n", "1:15: error: model.path: there is no file"),
        ("code_configuration: {code: src}\n", "1:21: error: code_configuration has no scoring_script"),
        ("code_configuration: {code: src, scoring_script: ../conda.yml}\n", "1:49: error: scoring_script: there is no"),
        ("code_configuration: {code: gone, scoring_script: score.py}\n", "1:28: error: code: there is no folder"),
        ("model: m:1\nenvironment: azureml:env@latest\n", "2:14: error: environment: 'azureml:env@latest' is of a"),
        ("model: m:1\nenvironment: {conda_file: gone.yml}\n", "2:27: error: conda_file: there is no file"),
        ("model: m:1\nliveness_probe: {period: 0}\n", "2:26: error: period must be a number from 0.1"),
        ("- a\n", "1:1: error: A sequence was not expected"),
        ("a: [", "error"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Path, text: str, says: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        deployment_of(write(folder, text))
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no file"):
        deployment_of(folder / "gone.yml")
