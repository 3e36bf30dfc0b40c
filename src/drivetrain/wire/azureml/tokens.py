"""What a job of Azure Machine Learning needs to speak to its workspace: addresses, and a token of its own.

https://learn.microsoft.com/python/api/azureml-core/azureml.core.run.run#azureml-core-run-run-get-context
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.plan.azureml.model import COMMAND_TASK
from drivetrain.run.launch import JobEnvironment
from drivetrain.view.api.azure.identity.model import Audience

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec
    from drivetrain.view.api.azure.edge import Edge

LIFE = timedelta(days=60)
"""A job may run for long; its token is good for nothing once the job has ended."""


def service_variables(edge: Edge, spec: JobSpec, token: str) -> JobEnvironment:
    """Nothing for other jobs. `token` is the job's own."""
    principal = edge.known(token)
    if principal is None or not any(step.task == COMMAND_TASK for step in spec.steps):
        return JobEnvironment()
    run_token = edge.authority.issue(principal, Audience.MACHINE_LEARNING, int(LIFE.total_seconds()))
    plain = {
        "AZUREML_SERVICE_ENDPOINT": edge.address,
        "AZUREML_RUN_HISTORY_SERVICE_ENDPOINT": edge.address,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{edge.address}/discovery",
        "AZUREML_RUN_TOKEN_EXPIRY": timestamp(edge.clock.now() + LIFE),
    }
    return JobEnvironment(plain, {"AZUREML_RUN_TOKEN": run_token})
