"""The environment variables of a command job, named as in Azure Machine Learning. Pure.

https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu#environment-variables-from-azure-machine-learning
https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.azureml.model import LITERAL
from drivetrain.run.azureml.folders import input_value, output_value

if TYPE_CHECKING:
    from drivetrain.plan.azureml.model import CommandTask
    from drivetrain.run.azureml.folders import Folders


def job_variables(task: CommandTask, folders: Folders) -> dict[str, str]:
    """All but those with tokens and addresses, which the server gives every job."""
    run, workspace = task.run, task.workspace
    found = {
        "AZUREML_RUN_ID": run.id,
        "AZUREML_ROOT_RUN_ID": run.root or run.id,
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": run.experiment,
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_WORKSPACE_SCOPE": workspace.path,
        "AZUREML_EXPERIMENT_ID": run.experiment_id,
        "AZUREML_EXPERIMENT_SCOPE": f"{workspace.path}/experiments/{run.experiment}",
        "AZUREML_ARM_SCOPE": f"{workspace.path}/experiments/{run.experiment}",
        "AZUREML_NODE_COUNT": str(task.instances),
        "AZUREML_CR_EXECUTION_WORKING_DIR_PATH": str(folders.code),
        "AZUREML_CR_COMPUTE_CONTEXT": task.compute or "serverless",
        "AZUREML_LOGDIRECTORY_PATH": "logs/azureml",
        "AZUREML_OUTPUT_UPLOADDIR": "outputs",
        "MLFLOW_RUN_ID": run.id,
        "MLFLOW_EXPERIMENT_ID": run.experiment_id,
        "MLFLOW_EXPERIMENT_NAME": run.experiment,
    }
    for name, each in task.inputs.items():
        if each.type != LITERAL:
            value = input_value(folders, name, each)
            found |= {f"AZURE_ML_INPUT_{name}": value, f"AZUREML_DATAREFERENCE_{name}": value}
        else:
            found[f"AZUREML_PARAMETER_{name}"] = each.value
    for output, goal in task.outputs.items():
        value = output_value(folders, output, goal)
        found |= {f"AZURE_ML_OUTPUT_{output}": value, f"AZUREML_DATAREFERENCE_{output}": value}
    return found
