"""The deployment that a client describes, with all that it names looked up."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from drivetrain.errors import NotFoundError, UserError
from drivetrain.serve.model import Script, Server
from drivetrain.view.api.azure.arm.model_registry import ModelRegistry
from drivetrain.view.api.azure.arm.models import alone
from drivetrain.view.api.azure.online.deployment_shape import COMMAND, NOTES, DeploymentAsked, deployment_asked
from drivetrain.view.api.azure.online.model_names import model_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import DeploymentSpec
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal
    from drivetrain.view.api.azure.online.ports import EnvironmentFound


class DeploymentReader:
    """Reads what one principal asks for in one workspace. Lives in the event loop of the server."""

    def __init__(self, edge: Edge, workspace: Workspace, who: Principal) -> None:
        self._edge = edge
        self._workspace = workspace
        self._models = ModelRegistry(edge, workspace, who, alone)

    async def read(self, body: Mapping[str, Any]) -> DeploymentSpec:
        """What it is to be. Raises UserError, NotFoundError that name the field."""
        asked = deployment_asked(body)
        spec = replace(asked.spec, **await self._model(asked.model)) if asked.model else asked.spec
        return await run_in_threadpool(self._complete, asked, spec)

    async def _model(self, reference: str) -> dict[str, str]:
        """The model as MLflow's registry has it: who may not see it there has none."""
        name, version = model_named(reference, self._workspace)
        try:
            found = await self._newest(name) if version == "" else await self._models.version(name, version)
        except NotFoundError as error:
            raise NotFoundError(f"properties.model: {error.message}", hint=error.hint) from error
        return {"model": f"{found.name}:{found.number}", "mounted": await self._models.mounted(found)}

    async def _newest(self, name: str) -> Any:
        versions = (await self._models.name(name)).versions
        if not versions:
            raise NotFoundError(f"the model '{name}' has no version in {self._workspace.name}")
        return versions[0]

    def _complete(self, asked: DeploymentAsked, spec: DeploymentSpec) -> DeploymentSpec:
        code = self._edge.lookup.code(self._workspace, asked.code) if asked.code else ""
        found = self._edge.lookup.environment(self._workspace, asked.environment) if asked.environment else None
        notes = [*asked.notes, *(found.notes if found is not None else ())]
        if asked.command or (found is not None and found.routes is not None):
            spec = replace(spec, server=_server(asked, found, code))
        elif asked.script or code:
            spec = replace(spec, script=_script(code, asked.script))
        elif not asked.model:
            raise UserError("a deployment needs a model, or a codeConfiguration with a scoring script")
        if found is not None:
            variables = {**found.variables, **spec.variables}
            spec = replace(spec, environment=found.spec, variables=variables)
        return replace(spec, body={**spec.body, NOTES: notes})


def _script(code: str, file: str) -> Script:
    if not code or not file:
        raise UserError("codeConfiguration needs both a codeId and a scoringScript")
    path = PurePosixPath(file.removeprefix("./"))
    if path.is_absolute() or ".." in path.parts or not Path(code, path).is_file():
        raise UserError(f"codeConfiguration.scoringScript: there is no file '{file[:200]}' in the code")
    return Script(code, str(path))


def _server(asked: DeploymentAsked, found: EnvironmentFound | None, code: str) -> Server:
    """A program of the user's own that speaks HTTP."""
    if not asked.command:
        raise UserError(
            "the environment has an image with a server of its own (inference_config), and no containers run here",
            hint=f"say what starts the server in the deployment's property {COMMAND}: 'python app.py --port {{port}}'",
        )
    if found is None or found.routes is None:
        return Server(asked.command, folder=code)
    return Server(asked.command, found.routes.score, found.routes.live, found.routes.ready, code)
