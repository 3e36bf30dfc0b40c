"""AzureKeyVault@1 and @2: the secrets of a local key vault become secret variables of the job.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-key-vault-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.library.handing import vault_key
from drivetrain.run.library.vault_secrets import chosen, single_line
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.run.runner.context import StepContext

_DECLARED = Declared(
    "Azure Key Vault",
    "Download Azure Key Vault secrets",
    ("azureSubscription", "KeyVaultName"),
    {"SecretsFilter": "*", "RunAsPreJob": "false"},
    {"ConnectedServiceName": "azureSubscription"},
)
TASKS = {"AzureKeyVault@1": _DECLARED, "AzureKeyVault@2": _DECLARED}


def before_job(context: StepContext) -> Outcome:
    """With `RunAsPreJob` the secrets are there from the job's first step on."""
    return _download(context) if context.inputs.flag("RunAsPreJob") else SUCCEEDED


def run(context: StepContext) -> Outcome:
    """Without it, from this step on."""
    return SUCCEEDED if context.inputs.flag("RunAsPreJob") else _download(context)


def _download(context: StepContext) -> Outcome:
    """Set a secret variable for each secret that the filter names; one that is not there fails the step."""
    connection = context.connection("azureSubscription")
    name, pattern = context.inputs.required("KeyVaultName"), context.inputs.text("SecretsFilter")
    context.log.line(f"SubscriptionId: {connection.data.get('subscriptionId', '')}.")
    context.log.line(f"Key vault name: {name}.")
    found, missing = chosen(_secrets(context, name), pattern)
    if pattern.strip() in {"", "*"}:
        context.log.line(f"Number of secrets found in {name}: {len(found)}")
    for secret, value in found.items():
        if value:
            _set(context, secret, value)
    if not missing:
        return SUCCEEDED
    for secret in missing:
        context.error(f"{secret}: A secret with (name/id) {secret} was not found in this key vault.")
    return Outcome(Result.FAILED, None, f"There is no secret {', '.join(missing)} in key vault {name}")


def _secrets(context: StepContext, name: str) -> Mapping[str, str]:
    found = context.job.handed.vaults.get(vault_key(context.inputs.text("azureSubscription"), name))
    if found is None:
        where = f"{context.plan.position}: " if context.plan.position else ""
        raise UserError(
            f"{where}There is no key vault '{name}' that this connection opens.",
            hint=f"`drivetrain secret set {name} NAME` makes one; its name must be known when the job starts",
        )
    return found


def _set(context: StepContext, name: str, value: str) -> None:
    flat = single_line(value)
    if flat != value:
        context.log.line(f"Value of secret {name} has been converted to single line.")
        context.job.masker.add(value)
    context.job.variables.set(name, flat, secret=True)
