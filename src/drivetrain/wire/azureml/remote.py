"""`executor = "azureml"`: jobs that a real workspace carries out, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.plan.azureml.model import RemotePlace
from drivetrain.wire.needs import refuse_missing, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.plan.model import Plan
    from drivetrain.registry.model import Workspace
    from drivetrain.run.ports import NewRun
    from drivetrain.settings import Settings
    from drivetrain.store.library import SqliteLibrary

_PARTS = 3


def remote_of(settings: Settings) -> Callable[[Workspace, str], RemotePlace | None]:
    """Says of a workspace and a compute which real workspace carries out its jobs; None for this machine.

    Raises UserError for settings that do not fit together.
    """
    if settings.executor != "azureml":
        return lambda _workspace, _compute: None
    if not settings.azureml_connection:
        raise UserError('`executor = "azureml"` needs `azureml_connection`', hint="drivetrain connection list")
    parts = settings.azureml_workspace.split("/") if settings.azureml_workspace else []
    if parts and (len(parts) != _PARTS or not all(parts)):
        raise UserError(
            f"azureml_workspace is {settings.azureml_workspace!r}", hint="write SUBSCRIPTION/GROUP/WORKSPACE"
        )

    def place(workspace: Workspace, compute: str) -> RemotePlace:
        subscription, group, name = parts or (workspace.subscription, workspace.resource_group, workspace.name)
        return RemotePlace(settings.azureml_connection, subscription, group, name, compute)

    return place


def permit(library: SqliteLibrary, project: str, new: NewRun, plan: Plan) -> None:
    """Let the run use the service connection that the owner has put into the settings. Raises DefinitionError when
    there is none of that name.
    """
    uses = list(resources_of(plan))
    if uses:
        refuse_missing(library, project, plan, groups=True)
        library.permit_uses(project, project or new.source.uri, uses, by="config.toml")
