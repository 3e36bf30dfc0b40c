"""Models that jobs take as inputs, and those that they leave: MLflow's registry keeps them."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.arm.model_registry import ModelRegistry
from drivetrain.view.api.azure.arm.model_shape import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal

TYPES = ("custom_model", "mlflow_model", "triton_model")
_plain_types = {kind.replace("_", "") for kind in TYPES}
_SHORT = re.compile(r"azureml:([^:@/]+):([^:@/]+)")
_LONG = re.compile(r"(?:azureml:)?/?/?.*/models/([^/]+)/versions/([^/]+)/?", re.IGNORECASE)
_OWNER = re.compile(r"/ExperimentRun/dcid\.([^/]+)")
_registering = asyncio.Lock()


class Models:
    """What one principal may take of the models of a workspace."""

    def __init__(self, edge: Edge, workspace: Workspace, who: Principal) -> None:
        self._registry = ModelRegistry(edge, workspace, who, _registering)

    async def found_in(self, properties: object) -> tuple[object, frozenset[str]]:
        """A body whose inputs name the files of models instead of models, and the runs and logged models whose
        artifacts these are: who may see a model may read them. Raises NotFoundError.
        """
        changed = _copied(properties)
        granted: set[str] = set()
        for each in _model_inputs(changed):
            name = _SHORT.fullmatch(each["uri"]) or _LONG.fullmatch(each["uri"])
            if name is None:
                continue
            shown = await self._registry.show(await self._registry.version(name[1], name[2]))
            each["uri"] = str(shown["properties"]["modelUri"])
            if owner := _OWNER.search(each["uri"]):
                granted.add(owner[1])
        return changed, frozenset(granted)

    async def register(self, job: AzureJob) -> None:
        """Outputs of a job that are to be models become versions of them, once."""
        for name, output in (job.body.get("outputs") or {}).items():
            if isinstance(output, dict) and output.get("assetName") and output.get("jobOutputType") in TYPES:
                await self._register(job, name, output)

    async def _register(self, job: AzureJob, name: str, output: Mapping[str, Any]) -> None:
        made_by = {"azureml.jobName": job.name, "azureml.outputName": name}
        model, following = str(output["assetName"]), "1"
        try:
            there = await self._registry.name(model)
        except NotFoundError:
            pass
        else:
            if any(each.record.properties == made_by for each in there.versions):
                return
            following = str(there.following)
        properties = {
            "modelType": output["jobOutputType"],
            "modelUri": output.get("uri"),
            "properties": made_by,
            "description": output.get("description"),
        }
        version = str(output.get("assetVersion") or following)
        await self._registry.make(model, version, wanted({"properties": properties}, job.created_by))


def _copied(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _model_inputs(value: object) -> Iterator[dict[str, Any]]:
    """Inputs of the job, its steps and its trials that are models."""
    if isinstance(value, dict):
        kind, uri = value.get("jobInputType") or value.get("job_input_type"), value.get("uri")
        if isinstance(kind, str) and kind.replace("_", "").lower() in _plain_types and isinstance(uri, str):
            yield value
        for each in value.values():
            yield from _model_inputs(each)
