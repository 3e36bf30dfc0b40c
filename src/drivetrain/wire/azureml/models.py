"""Models for jobs: MLflow's registry has them, so they are asked for in the event loop of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import from_thread

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.arm.model_registry import ModelRegistry
from drivetrain.view.api.azure.arm.model_shape import Record, Wanted
from drivetrain.view.api.azure.arm.models import alone
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Asset, Workspace
    from drivetrain.view.api.azure.edge import Edge


class ModelsOfJobs:
    """The models that the jobs of a workspace may use."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def uri(self, workspace: Workspace, name: str, version: str) -> str:
        """Where the files of a model are; of its newest version without one. To be called in a thread of the server.
        Raises NotFoundError, UnavailableError.
        """
        return from_thread.run(self._uri, workspace, name, version)

    async def _uri(self, workspace: Workspace, name: str, version: str) -> str:
        registry = self._registry(workspace)
        versions = (await registry.name(name)).versions
        found = next((each for each in versions if version in ("", each.version)), None)
        if found is None:
            raise NotFoundError(f"there is no {name}, version {version}, among the models of {workspace.name}")
        shown = await registry.show(found)
        return str(shown["properties"]["modelUri"])

    async def register(self, workspace: Workspace, asset: Asset) -> None:
        """Register what a job has made, described as an asset; once, however often this is told. Raises ConflictError,
        NotFoundError, UserError, UnavailableError.
        """
        properties = asset.body["properties"]
        made = properties["properties"]
        record = Record(
            uri=f"azureml://jobs/{made['azureml.jobName']}/outputs/{made['azureml.outputName']}",
            type=properties["modelType"],
            properties=made,
            by=asset.created_by,
        )
        registry = self._registry(workspace)
        asked = Wanted(record, {}, properties.get("description") or "")
        if await self._has(registry, asset.name, made):
            return
        if asset.version:
            await registry.make(asset.name, asset.version, asked)
        else:
            await registry.add(asset.name, asked)

    async def _has(self, registry: ModelRegistry, name: str, made: Mapping[str, str]) -> bool:
        try:
            versions = (await registry.name(name)).versions
        except NotFoundError:
            return False
        return any(each.record.properties == made for each in versions)

    def _registry(self, workspace: Workspace) -> ModelRegistry:
        who = Principal(PrincipalKind.JOB, workspace.name, workspace.project)
        return ModelRegistry(self._edge, workspace, who, alone)
