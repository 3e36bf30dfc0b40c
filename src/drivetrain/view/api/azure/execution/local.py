"""Local runs: what azureml-core unpacks beside a copy of the project and runs (`azureml/_execution/_commands.py`)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drivetrain.errors import UserError
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.execution.configuration import SCRIPT, Configuration

_LAUNCHER = Path(__file__).with_name("launcher.py")
_SCRIPT = Path(__file__).with_name("script.py")
_INVOCATION = """#!/bin/bash
# Runs the script of this run in the project beside, with the interpreter of its own environment.
umask 077
cd "$(dirname "$0")/.." || exit 1
exec {interpreter} azureml-setup/launcher.py
"""


def checked(found: Configuration) -> Configuration:
    """The configuration, if it can be run where the client is. Raises UserError."""
    if found.in_container:
        raise UserError("a local run in a container is not served here: run it in the environment that you have")
    if not found.user_managed:
        raise UserError(
            "a local run uses the environment that it is submitted from: set"
            " run_config.environment.python.user_managed_dependencies = True, or choose a compute as its target"
        )
    return found


def run_variables(
    address: str, workspace: Workspace, experiment: Mapping[str, Any], run_id: str, token: Mapping[str, str]
) -> dict[str, str]:
    """The environment in which `Run.get_context()` finds the run, and plain MLflow too."""
    name = str(experiment["name"])
    return {
        "AZUREML_RUN_ID": run_id,
        "AZUREML_RUN_TOKEN": token["token"],
        "AZUREML_RUN_TOKEN_EXPIRY": token["expiryTimeUtc"],
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": name,
        "AZUREML_EXPERIMENT_ID": str(experiment["experiment_id"]),
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_WORKSPACE_SCOPE": workspace.path,
        "AZUREML_EXPERIMENT_SCOPE": f"{workspace.path}/experiments/{name}",
        "AZUREML_SERVICE_ENDPOINT": address,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{address}/discovery",
        "MLFLOW_TRACKING_URI": f"{address}/mlflow/v1.0{workspace.path}",
        "MLFLOW_TRACKING_TOKEN": token["token"],
        "MLFLOW_EXPERIMENT_ID": str(experiment["experiment_id"]),
        "MLFLOW_RUN_ID": run_id,
    }


def package(
    address: str, workspace: Workspace, experiment: Mapping[str, Any], run_id: str, token: Mapping[str, str],
    found: Configuration,
) -> bytes:  # fmt: skip
    """The zip that the client unpacks and runs."""
    said = {
        "address": address,
        "workspace": workspace.path,
        "experiment": experiment["name"],
        "run": run_id,
        "token": token["token"],
        "command": list(found.line),
        "environment": {**found.variables, **run_variables(address, workspace, experiment, run_id, token)},
        "collect": list(found.collect),
        "seconds": found.seconds,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("azureml-setup/Invocation.sh", _INVOCATION.format(interpreter=_quoted(found.interpreter)))
        archive.writestr("azureml-setup/launcher.py", _LAUNCHER.read_text("utf-8"))
        archive.writestr(SCRIPT, script_source())
        archive.writestr("azureml-setup/run.json", json.dumps(said))
    return buffer.getvalue()


def script_source() -> str:
    """The program that runs a script, and waits for what it logged."""
    return _SCRIPT.read_text("utf-8")


def _quoted(word: str) -> str:
    """For a shell: in single quotes."""
    return "'" + word.replace("'", "'\\''") + "'"
