"""The port Prepare: what a deployment is made of -> how its replicas are started."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.serve.model import ITSELF
from drivetrain.serve.prepare import launches, packages
from drivetrain.serve.prepare.description import described, described_file
from drivetrain.serve.prepare.files import kept
from drivetrain.serve.prepare.models import ModelDeployment, request_body
from drivetrain.serve.prepare.openapi import openapi_of
from drivetrain.serve.prepare.program import program
from drivetrain.serve.prepare.saved_model import SavedModel, read_saved_model

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, DeploymentSpec, EnvironmentSpec, Launch
    from drivetrain.serve.prepare.ports import Environments, ModelFiles, Say


class Preparation:
    """Prepares deployments of one home."""

    def __init__(self, serving: Path, environments: Environments, model_files: ModelFiles) -> None:
        self._serving = serving
        self._environments = environments
        self._model_files = model_files

    def __call__(self, deployment: Deployment, say: Say) -> Launch:
        """How its replicas are started (serve/ports.py, Prepare)."""
        spec = deployment.spec
        files = self._files(spec, say)
        if spec.script is not None:
            return self._script(spec, files, say)
        if spec.server is not None:
            return self._server(spec, files, say)
        if files is None:
            raise UserError("the deployment has neither a model nor a script", hint="name a model, as NAME:VERSION")
        return self._model(spec, files, say)

    def _files(self, spec: DeploymentSpec, say: Say) -> Path | None:
        root = self._serving / "models"
        if spec.model:
            say(f"Model {spec.model}: checking its files")
            return kept(self._model_files(spec.model), root)
        if spec.files:
            say(f"Model {spec.files}: copying its files")
            return kept(Path(spec.files), root)
        return None

    def _model(self, spec: DeploymentSpec, files: Path, say: Say) -> Launch:
        saved = read_saved_model(files)
        description = described(saved) if saved is not None else described_file(files)
        if description is None:
            raise UserError(
                f"there is no MLmodel file in {spec.files or spec.model}, and not one model file alone",
                hint="save the model by mlflow.<flavor>.save_model, or deploy it with a scoring script",
            )
        saved = saved or SavedModel(files, {})
        model = ModelDeployment(spec, saved, description, files.parent, self._serving, self._environments, say)
        example = request_body(saved.example)
        document = openapi_of(saved.inputs, saved.outputs, saved.params, example)
        return replace(model.launch(), example=example, openapi=document)

    def _script(self, spec: DeploymentSpec, files: Path | None, say: Say) -> Launch:
        assert spec.script is not None  # noqa: S101 - the caller has asked
        code = kept(Path(spec.script.folder), self._serving / "code")
        if (
            not (code / spec.script.file).resolve().is_relative_to(code.resolve())
            or not (code / spec.script.file).is_file()
        ):
            raise UserError(
                f"there is no scoring script {spec.script.file} in {spec.script.folder}",
                hint="name the script relative to the folder of the code",
            )
        wanted = self._of_script(spec, files)
        extra = () if packages.lists(wanted, packages.SCRIPT_SERVER) else (packages.SCRIPT_SERVER,)
        try:
            python = self._environments(wanted, extra, say)
        except UserError as error:
            raise UserError(f"the environment of the scoring script: {error.message}", hint=error.hint) from error
        models = self._model_variables(spec, files)
        version = _version_of(python, packages.SCRIPT_SERVER)
        return launches.of_script(python, program(self._serving), code, spec.script.file, models, version)

    def _of_script(self, spec: DeploymentSpec, files: Path | None) -> EnvironmentSpec:
        """The deployment's environment, else the model's."""
        saved = read_saved_model(files) if files is not None and packages.is_empty(spec.environment) else None
        return saved.environment if saved is not None else spec.environment

    def _server(self, spec: DeploymentSpec, files: Path | None, say: Say) -> Launch:
        assert spec.server is not None  # noqa: S101 - the caller has asked
        if not spec.server.command or not any("{port}" in word for word in spec.server.command):
            raise UserError(
                "the command of the deployment does not say on which port it listens",
                hint="write {port} where the program takes its port",
            )
        if spec.server.folder and not Path(spec.server.folder).is_dir():
            raise UserError(f"there is no folder {spec.server.folder}", hint="name the folder where the command starts")
        environment = spec.environment
        asked = environment.python or not packages.is_empty(environment)
        python = self._environments(environment, (), say) if asked else None
        folder = self._serving / "code"
        folder.mkdir(parents=True, exist_ok=True)
        return launches.of_server(spec.server, python, folder, self._model_variables(spec, files))

    def _model_variables(self, spec: DeploymentSpec, files: Path | None) -> dict[str, str]:
        """AZUREML_MODEL_DIR as Azure sets it: `azureml-models/NAME/VERSION`, in which is what was registered."""
        if files is None:
            return {}
        if spec.mounted == ITSELF:
            return {"AZUREML_MODEL_DIR": str(files)}
        name, _, version = (spec.model or f"{files.name}:1").partition(":")
        folder = files.parent / "azureml-models" / name.replace("/", "_") / (version or "1")
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / (spec.mounted or files.name)
        if not link.is_symlink():
            link.symlink_to(files)
        return {"AZUREML_MODEL_DIR": str(folder)}


def _version_of(python: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()
