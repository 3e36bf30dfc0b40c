"""MLflow's REST API below a workspace, as azureml-mlflow asks it: the front of view/api/mlflow, for whoever shows a
token of the edge. Plain MLflow clients may use the same address with https.

    /mlflow/v2.0/subscriptions/S/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W/api/2.0/mlflow/...
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.exceptions import HTTPException

from drivetrain.errors import DrivetrainError
from drivetrain.record.tracking.model import PROJECT_TAG
from drivetrain.view.api.azure.access import workspace_for
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.azure.mlflow.addresses import AzureAddresses
from drivetrain.view.api.mlflow.asgi import header, refuse
from drivetrain.view.api.mlflow.front import MlflowFront
from drivetrain.view.api.mlflow.links import LINKS
from drivetrain.view.api.mlflow.ports import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Workspace
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.mlflow.asgi import Application, Receive, Scope, Send

_PREFIX = "/mlflow/v"
_PATH = re.compile(
    r"/mlflow/v[12]\.0/subscriptions/([^/]+)/resourceGroups/([^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/([^/]+)(/.*)?"
)
_RAW = re.compile(rb"(?:/+[^/]+){10}")
"""The same part of the path as the client wrote it."""
_LATER, _BATCH = "/api/2.0/preview/mlflow/runs/log-batch-async", "/api/2.0/mlflow/runs/log-batch"
"""How azureml-mlflow logs where nobody waits (`synchronous=False`, system metrics), and what it means. What we
acknowledge is kept, so the answer names no batch whose state could be asked for, and the client asks for none.
"""
_AZURE = b"azureml-mlflow/"
"""What azureml-mlflow says in `User-Agent`."""
_IDENTITY = "drivetrain.identity"
_WORKSPACE_TAG = "drivetrain.workspace"


def _identity(scope: Mapping[str, Any]) -> Identity | None:
    found: Identity | None = scope.get(_IDENTITY)
    return found


class WorkspaceMlflow:
    """The application: what is not MLflow's goes on to another one."""

    def __init__(self, edge: Edge, others: Application) -> None:
        self._edge = edge
        self._others = others
        self._front = MlflowFront(edge.tracking, _identity, edge.ownership)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Paths are canonical."""
        found = None
        if scope["type"] == "http" and scope["path"].startswith(_PREFIX):
            found = _PATH.fullmatch(scope["path"])
        if found is None:
            await self._others(scope, receive, send)
            return
        principal = self._principal(scope)
        if principal is None:
            words = "a token of this server for Azure Machine Learning is needed: sign in again"
            await refuse(send, 401, "UNAUTHENTICATED", words, [(b"www-authenticate", b"Bearer")])
            return
        try:
            subscription, group, name = (str(each) for each in found.groups()[:3])
            workspace = await to_thread.run_sync(workspace_for, self._edge, principal, subscription, group, name)
        except HTTPException as error:
            await refuse(send, error.status_code, "PERMISSION_DENIED", str(error.detail))
        except DrivetrainError as error:
            await refuse(send, 400, "INVALID_PARAMETER_VALUE", error.message)
        else:
            await self._front(self._below(scope, found[4] or "/", principal, workspace), receive, send)

    def _principal(self, scope: Scope) -> Principal | None:
        """Whose token it is: one of the edge's, or a job's own."""
        scheme, _, token = header(scope, b"authorization").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        audiences = (Audience.MACHINE_LEARNING, Audience.MANAGEMENT)
        return self._edge.authority.check(token.strip(), audiences) or self._edge.whose(token.strip())

    def _below(self, scope: Scope, path: str, principal: Principal, workspace: Workspace) -> Scope:
        """The request as it is without what we have read of its path."""
        raw = scope.get("raw_path") or scope["path"].encode()
        rest = _RAW.sub(b"", raw.split(b"?", 1)[0], count=1)
        if path == _LATER:
            path, rest = _BATCH, _BATCH.encode()
        who = self._as_sender(principal, workspace)
        below = {**scope, "path": path, "raw_path": rest or b"/", "root_path": "", _IDENTITY: who}
        if _AZURE in header(scope, b"user-agent"):  # another client goes MLflow's own way to artifacts
            below[LINKS] = AzureAddresses(self._edge.address, workspace.path)
        return below

    def _as_sender(self, principal: Principal, workspace: Workspace) -> Identity:
        tags = {**self._edge.made_by(principal), _WORKSPACE_TAG: workspace.id}
        project = workspace.project if principal.kind is PrincipalKind.OWNER else principal.project
        if project:
            tags[PROJECT_TAG] = project
        return Identity("user" if principal.kind is PrincipalKind.OWNER else "job", tags, principal.run_id)
