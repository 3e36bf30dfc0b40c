"""AzureMLRemote@1: a command job of Azure Machine Learning that a real workspace carries out (`executor = "azureml"`).
Pipeline files cannot name it. Its run here follows the one there, and has its outputs, logs and metrics in the end.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.plan.azureml.model import COMMAND_INPUT, REMOTE_TASK, CommandTask
from drivetrain.run.az.tools import interpreter
from drivetrain.run.azure import EDGE_VARIABLES
from drivetrain.run.library.local_azure import datum, is_local, parameter
from drivetrain.run.tasks.azureml.command import task_of
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.definition.azureml.model import CommandText
    from drivetrain.plan.azureml.model import RemotePlace
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    REMOTE_TASK: Declared(
        "Azure ML command elsewhere", "A command job that a real workspace carries out", (COMMAND_INPUT,), {}
    ),
}
PROGRAM = Path(__file__).parents[2] / "azureml" / "in_job" / "remote.py"
CLOUDS = frozenset({"azurecloud", "azurechinacloud", "azureusgovernment"})
"""Those that the SDK knows by itself; any other is found by the connection's address."""
_FAILED = "The job has not completed in the workspace: exit code {}."


def run(context: StepContext) -> Outcome:
    """Submit it, follow it, bring back what it made. Raises UserError when the connection leads to no real Azure."""
    task = task_of(context)
    place = _place(task)
    connection = context.connection_named(place.connection)
    if is_local(connection):
        raise UserError(
            f"The service connection '{connection.name}' leads to this home, not to Azure.",
            hint="`azureml_connection` in config.toml has to name one with the parameters of a real service principal",
        )
    context.without = EDGE_VARIABLES
    folder = context.job.layout.temp / "remote"
    folder.mkdir(exist_ok=True)
    python = interpreter(Path(context.job.spec.home), "azureml")
    told = context.script(json.dumps(described(task, place)), ".json")
    ended = context.run(
        [str(python), "-W", "ignore", str(PROGRAM), told],
        str(folder),
        env={**_sign_in(connection), **_tracking(context, task)},
        commands=False,
    )
    return context.outcome(ended, message=_FAILED)


def _place(task: CommandTask) -> RemotePlace:
    if task.remote is None:
        raise UserError("The job does not say which workspace is to carry it out.", hint="submit it again")
    return task.remote


def described(task: CommandTask, place: RemotePlace) -> dict[str, Any]:
    """The job as the program for the SDK takes it."""
    environment = task.environment
    return {
        "name": task.run.id,
        "subscription": place.subscription,
        "resource_group": place.resource_group,
        "workspace": place.workspace,
        "compute": "" if place.compute == "local" else place.compute,
        "command": "".join(map(_written, task.parts)),
        "code": task.code,
        "environment": {
            "name": environment.name,
            "version": environment.version,
            "image": environment.image,
            "conda": environment.conda,
            "context": environment.context,
        },
        "environment_variables": dict(task.environment_variables),
        "inputs": {
            name: {"type": each.type, "value": each.value, "path": each.place.path or each.place.uri}
            for name, each in task.inputs.items()
        },
        "outputs": {name: {"type": each.type, "path": each.place.path} for name, each in task.outputs.items()},
        "artifacts": task.run.artifacts,
        "experiment": task.run.experiment,
        "display_name": task.display_name,
        "instances": task.instances,
        "timeout": task.timeout,
    }


def _written(part: CommandText) -> str:
    if part.input:
        return f"${{{{inputs.{part.input}}}}}"
    return f"${{{{outputs.{part.output}}}}}" if part.output else part.text


def _sign_in(connection: Connection) -> dict[str, str]:
    found = {
        "AZURE_TENANT_ID": parameter(connection, "tenantid"),
        "AZURE_CLIENT_ID": parameter(connection, "serviceprincipalid"),
        "REMOTE_SECRET": parameter(connection, "serviceprincipalkey"),
        "REMOTE_ID_TOKEN": parameter(connection, "idtoken"),
    }
    if datum(connection, "environment").lower() not in {"", *CLOUDS}:
        found["REMOTE_CLOUD"] = connection.url
    return found


def _tracking(context: StepContext, task: CommandTask) -> dict[str, str]:
    """Where the training run here is: under other names, because MLflow's own lead to the workspace."""
    spec = context.environment()
    return {
        "REMOTE_RUN_ID": task.run.id,
        "REMOTE_TRACKING_URI": spec.get("MLFLOW_TRACKING_URI", ""),
        "REMOTE_TRACKING_TOKEN": spec.get("MLFLOW_TRACKING_TOKEN", ""),
        "MLFLOW_TRACKING_URI": "",
        "MLFLOW_TRACKING_TOKEN": "",
        "MLFLOW_RUN_ID": "",
    }
