"""Where a client is to put the files of a version before it makes it: a container of its own, by a signed address.

https://learn.microsoft.com/rest/api/azureml/code-versions/create-or-get-start-pending-upload
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.ids import RandomIds
from drivetrain.view.api.azure.arm.workspace_shape import storage_account

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.view.api.azure.edge import Edge

_MINUTES, _RIGHTS = 24 * 60, "racwl"


def pending_upload(edge: Edge, workspace: Workspace) -> dict[str, Any]:
    """A new place. Each upload has a container of its own: clients take what lies in one for the same files."""
    account = edge.blobs.account_of(workspace)
    container = edge.blobs.new_container(workspace)
    return {
        "pendingUploadId": RandomIds().guid(),
        "pendingUploadType": "TemporaryBlobReference",
        "blobReferenceForConsumption": {
            "blobUri": edge.blobs.url(account, container),
            "storageAccountArmId": storage_account(workspace, account.name),
            "credential": {
                "credentialType": "SAS",
                "sasUri": edge.blobs.sas(account, container, permissions=_RIGHTS, minutes=_MINUTES),
            },
        },
    }
