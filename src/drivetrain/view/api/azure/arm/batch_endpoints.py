"""Batch endpoints with their deployments: kept and shown. Nothing is served from them yet, and the answers say so:
`properties.drivetrain.served`.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.ids import RandomIds
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.batch_rules import deployment_body, endpoint_body
from drivetrain.view.api.azure.arm.bodies import BodyOf, merged, text_at
from drivetrain.view.api.azure.arm.operations import accepted
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.sealing import SEALED, secrets_of, with_secrets
from drivetrain.view.api.azure.arm.shapes import shown
from drivetrain.view.api.azure.arm.workspace_shape import LOCATION
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS
from drivetrain.view.api.azure.identity.model import Audience

NOT_SERVED = {"drivetrain.served": "false", "drivetrain.note": "kept, but not served by this version"}
scoring = APIRouter(prefix="/endpoints", tags=["endpoints"])
_ENDPOINT, _DEPLOYMENT = AssetKind.BATCH_ENDPOINT, AssetKind.BATCH_DEPLOYMENT


class BatchEndpoints:
    """The batch endpoints of one workspace."""

    def __init__(self, edge: Edge, workspace: Workspace) -> None:
        self._edge = edge
        self._workspace = workspace

    def all(self) -> list[Asset]:
        """Every endpoint, by name."""
        return list(self._edge.assets.names(self._workspace.id, _ENDPOINT))

    def get(self, name: str) -> Asset:
        """One endpoint. Raises NotFoundError."""
        return self._edge.assets.get(self._workspace.id, _ENDPOINT, name)

    def put(self, name: str, body: dict[str, Any], by: str) -> Asset:
        """Make it or say everything of it anew; its keys stay. Raises UserError."""
        names.checked("endpoint", names.ENDPOINT, name)
        kept, keys = endpoint_body(body)
        deployments = {each.name.partition("/")[2] for each in self.deployments(name)}
        default = text_at(kept["properties"], "defaults", "deploymentName")
        if default and default not in deployments:
            raise UserError(f"defaults.deploymentName is '{default[:80]}', which is no deployment of this endpoint")
        asset = Asset(self._workspace.id, _ENDPOINT, name, "", self._sealed(name, kept, keys))
        return self._edge.assets.put(asset, by=by)

    def _sealed(self, name: str, kept: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
        try:
            before = secrets_of(self._edge.vault, self.get(name))
        except NotFoundError:
            before = {key: RandomIds().token() for key in ("primaryKey", "secondaryKey")}
        return with_secrets(self._edge.vault, kept, {**before, **keys})

    def patch(self, name: str, body: dict[str, Any], by: str) -> Asset:
        """Change some of it. Raises NotFoundError, UserError."""
        there = {key: value for key, value in self.get(name).body.items() if key != SEALED}
        return self.put(name, merged(there, body), by)

    def keys(self, name: str) -> dict[str, str]:
        """Its two keys. Raises NotFoundError."""
        return secrets_of(self._edge.vault, self.get(name))

    def change_key(self, name: str, which: str, value: str, by: str) -> None:
        """Another key for an old one: the value, or a new one if that is none or, as azure-ai-ml sends it, the old one.
        Raises NotFoundError, UserError.
        """
        key = {"primary": "primaryKey", "secondary": "secondaryKey"}.get(which.lower())
        if key is None:
            raise UserError("keyType must be Primary or Secondary")
        there = self.get(name)
        before = secrets_of(self._edge.vault, there)
        fresh = value if value and value != before.get(key) else RandomIds().token()
        changed = {**before, key: fresh}
        self._edge.assets.put(replace(there, body=with_secrets(self._edge.vault, there.body, changed)), by=by)

    def delete(self, name: str) -> None:
        """Forget it and its deployments. Raises NotFoundError."""
        self.get(name)
        for each in self.deployments(name):
            self._edge.assets.delete(self._workspace.id, _DEPLOYMENT, each.name)
        self._edge.assets.delete(self._workspace.id, _ENDPOINT, name)

    def show(self, asset: Asset) -> dict[str, Any]:
        """An endpoint as clients read it."""
        base = f"{self._edge.address}/endpoints/{self._workspace.id}/{asset.name}"
        given = asset.body.get("properties", {})
        more: dict[str, Any] = {
            "provisioningState": "Succeeded",
            "scoringUri": f"{base}/jobs",
            "swaggerUri": f"{base}/swagger.json",
            "properties": {**given.get("properties", {}), **NOT_SERVED},
            "defaults": given.get("defaults") or {"deploymentName": None},
        }
        answer = shown(self._workspace, f"{_ENDPOINT}/{asset.name}", asset, **more)
        return {"location": LOCATION, "tags": {}, "kind": None, **answer}

    # Deployments.

    def deployments(self, endpoint: str) -> list[Asset]:
        """Every deployment of an endpoint, by name."""
        found = self._edge.assets.names(self._workspace.id, _DEPLOYMENT)
        return [each for each in found if each.name.startswith(f"{endpoint}/")]

    def deployment(self, endpoint: str, name: str) -> Asset:
        """One deployment. Raises NotFoundError."""
        self.get(endpoint)
        return self._edge.assets.get(self._workspace.id, _DEPLOYMENT, f"{endpoint}/{name}")

    def put_deployment(self, endpoint: str, name: str, body: dict[str, Any], by: str) -> Asset:
        """Make it or say everything of it anew. Raises NotFoundError, UserError."""
        names.checked("deployment", names.ENDPOINT, name)
        self.get(endpoint)
        asset = Asset(self._workspace.id, _DEPLOYMENT, f"{endpoint}/{name}", "", deployment_body(body))
        return self._edge.assets.put(asset, by=by)

    def delete_deployment(self, endpoint: str, name: str) -> None:
        """Forget it. Raises NotFoundError."""
        self.deployment(endpoint, name)
        self._edge.assets.delete(self._workspace.id, _DEPLOYMENT, f"{endpoint}/{name}")

    def show_deployment(self, asset: Asset) -> dict[str, Any]:
        """A deployment as clients read it."""
        endpoint, _, name = asset.name.partition("/")
        given = asset.body.get("properties", {})
        more: dict[str, Any] = {
            "provisioningState": "Succeeded",
            "properties": {**given.get("properties", {}), **NOT_SERVED},
        }
        path = f"{_ENDPOINT}/{endpoint}/deployments/{name}"
        return {"location": LOCATION, "tags": {}, **shown(self._workspace, path, asset, **more)}


router = APIRouter(prefix="/batchEndpoints", tags=["endpoints"])


@router.get("")
def list_endpoints(edge: EdgeOf, workspace: WorkspaceOf, paging: PagingOf) -> Any:
    """Every endpoint."""
    kept = BatchEndpoints(edge, workspace)
    return paging.of(kept.all(), kept.show)


@router.get("/{name}")
def get_endpoint(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One endpoint."""
    kept = BatchEndpoints(edge, workspace)
    return kept.show(kept.get(name))


@router.put("/{name}")
def put_endpoint(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Make it, or say everything of it anew."""
    kept = BatchEndpoints(edge, workspace)
    return kept.show(kept.put(name, body, who.name))


@router.patch("/{name}")
def patch_endpoint(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Change some of it."""
    kept = BatchEndpoints(edge, workspace)
    return kept.show(kept.patch(name, body, who.name))


@router.delete("/{name}")
def delete_endpoint(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Response:
    """Forget it."""
    BatchEndpoints(edge, workspace).delete(name)
    return Response(status_code=200)


@router.post("/{name}/listKeys")
@router.post("/{name}/listkeys")
def list_keys(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """Its keys."""
    return BatchEndpoints(edge, workspace).keys(name)


@router.post("/{name}/regenerateKeys")
def regenerate_keys(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Response:
    """Another key for an old one."""
    kept = BatchEndpoints(edge, workspace)
    kept.change_key(name, text_at(body, "keyType"), text_at(body, "keyValue"), who.name)
    return Response(status_code=200)


@router.post("/{name}/token")
def token(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str) -> Any:
    """A token by which to ask it."""
    BatchEndpoints(edge, workspace).get(name)
    until = int(edge.clock.now().timestamp()) + TOKEN_SECONDS
    return {
        "accessToken": edge.authority.issue(who, Audience.MACHINE_LEARNING),
        "expiryTimeUtc": until,
        "refreshAfterTimeUtc": until - TOKEN_SECONDS // 2,
        "tokenType": "Bearer",
    }


@router.get("/{endpoint}/deployments")
def list_deployments(edge: EdgeOf, workspace: WorkspaceOf, paging: PagingOf, endpoint: str) -> Any:
    """Every deployment of an endpoint."""
    kept = BatchEndpoints(edge, workspace)
    kept.get(endpoint)
    return paging.of(kept.deployments(endpoint), kept.show_deployment)


@router.get("/{endpoint}/deployments/{name}")
def get_deployment(edge: EdgeOf, workspace: WorkspaceOf, endpoint: str, name: str) -> Any:
    """One deployment."""
    kept = BatchEndpoints(edge, workspace)
    return kept.show_deployment(kept.deployment(endpoint, name))


@router.put("/{endpoint}/deployments/{name}")
def put_deployment(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, endpoint: str, name: str, body: BodyOf
) -> Any:
    """Make it, or say everything of it anew."""
    kept = BatchEndpoints(edge, workspace)
    made = kept.put_deployment(endpoint, name, body, who.name)
    return accepted(edge, workspace, kept.show_deployment(made))


@router.patch("/{endpoint}/deployments/{name}")
def patch_deployment(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, endpoint: str, name: str, body: BodyOf
) -> Any:
    """Change some of it."""
    kept = BatchEndpoints(edge, workspace)
    changed = merged(kept.deployment(endpoint, name).body, body)
    return kept.show_deployment(kept.put_deployment(endpoint, name, changed, who.name))


@router.delete("/{endpoint}/deployments/{name}")
def delete_deployment(edge: EdgeOf, workspace: WorkspaceOf, endpoint: str, name: str) -> Response:
    """Forget it."""
    BatchEndpoints(edge, workspace).delete_deployment(endpoint, name)
    return Response(status_code=200)


jobs = APIRouter(tags=["endpoints"])
"""At an address of its own: clients ask elsewhere than for all else."""


@jobs.get("/batchEndpoints/{name}/jobs")
def list_jobs(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """The jobs of a batch endpoint: there are none, as it is not served."""
    BatchEndpoints(edge, workspace).get(name)
    return {"value": []}


@scoring.post("/{workspace}/{endpoint}/jobs")
@scoring.get("/{workspace}/{endpoint}/swagger.json")
def score(workspace: str, endpoint: str) -> Any:
    """Where an endpoint will answer. Says nothing of what is there, so anybody may ask."""
    del workspace
    raise UnavailableError(f"the batch endpoint '{endpoint[:80]}' is {NOT_SERVED['drivetrain.note']}")
