"""Looks up what a job names: its environment, code, inputs and outputs, in the workspace as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.azureml.model import EnvironmentTask, InputTask, OutputTask, Place
from drivetrain.registry.model import Asset, AssetKind, text_of
from drivetrain.wire.azureml.places import BLOBSTORE, RUN_ARTIFACTS
from drivetrain.wire.azureml.uris import InBlob, InDatastore, OfAsset, OfJob, OnTheWeb, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.azureml.model import JobInput, JobOutput
    from drivetrain.registry.model import Workspace
    from drivetrain.registry.ports import Assets, Workspaces
    from drivetrain.run.azureml.ports import AzureJobs
    from drivetrain.wire.azureml.places import Places

_CURATED = ("azureml-", "acpt-")
_OF_ARTIFACTS = ("artifacts", "default")
"""Names by which the artifacts of a job's training run are an output."""
LARGEST_TEXT = 1 << 20


class Resolver:
    """Looks things up in one workspace. Every call may raise NotFoundError and UserError that name the field."""

    def __init__(
        self,
        workspace: Workspace,
        workspaces: Workspaces,
        assets: Assets,
        jobs: AzureJobs,
        places: Places,
        address: str = "",
    ) -> None:
        """`address` is the edge's own, by which blobs of this home are told from others."""
        self._workspace = workspace
        self._workspaces = workspaces
        self._assets = assets
        self._jobs = jobs
        self._places = places
        self._address = address

    # Environments and code.

    def environment(self, reference: str) -> EnvironmentTask:
        """An environment: the workspace's, or a curated one, which is known by its name alone."""
        workspace, what, found = self._environment_asset(reference)
        if found is None:
            return EnvironmentTask(what.name, what.version or what.label, image=what.name)
        return self._environment(workspace, found)

    def inference_config(self, reference: str) -> Mapping[str, Any]:
        """What an environment says of a server that its image has; empty for one that has none."""
        _, _, found = self._environment_asset(reference)
        said = (found.body.get("properties") or {}).get("inferenceConfig") if found is not None else None
        return said if isinstance(said, dict) else {}

    def _environment_asset(self, reference: str) -> tuple[Workspace, OfAsset, Asset | None]:
        """None for a curated one that nobody has made here."""
        where = self._named(reference, "properties.environmentId")
        what = where.what
        if not isinstance(what, OfAsset) or what.kind not in ("", "environments"):
            raise UserError(f"properties.environmentId: '{reference[:200]}' is no environment")
        workspace = self._workspace_of(where.workspace)
        try:
            return workspace, what, self._asset(workspace, AssetKind.ENVIRONMENT, what)
        except NotFoundError:
            if what.registry or what.name.lower().startswith(_CURATED):
                return workspace, what, None
            raise

    def _environment(self, workspace: Workspace, found: Asset) -> EnvironmentTask:
        properties = found.body.get("properties") or {}
        context, dockerfile = "", ""
        if uri := text_of(properties, "build", "contextUri"):
            folder = self._path(workspace, uri, "build.contextUri")
            file = folder / (text_of(properties, "build", "dockerfilePath") or "Dockerfile")
            if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
                raise NotFoundError(f"the environment {found.name} has no {file.name} in its build context")
            context, dockerfile = str(folder), file.read_text("utf-8", "replace")[:LARGEST_TEXT]
        return EnvironmentTask(
            name=found.name,
            version=found.version,
            image=text_of(properties, "image"),
            conda=text_of(properties, "condaFile"),
            dockerfile=dockerfile,
            context=context,
        )

    def code(self, reference: str) -> str:
        """The folder of a code snapshot; empty for a job without code."""
        if not reference:
            return ""
        where = self._named(reference, "properties.codeId")
        workspace = self._workspace_of(where.workspace)
        uri = reference
        if isinstance(where.what, OfAsset):
            found = self._asset(workspace, AssetKind.CODE, where.what)
            uri = text_of(found.body, "properties", "codeUri")
        folder = self._path(workspace, uri, "properties.codeId")
        if not folder.is_dir():
            raise UserError(f"properties.codeId: the files of '{reference[-200:]}' have not been uploaded")
        return str(folder)

    def component(self, reference: str) -> Mapping[str, Any]:
        """The specification of a component."""
        where = self._named(reference, "componentId")
        if not isinstance(where.what, OfAsset) or where.what.kind not in ("", "components"):
            raise UserError(f"componentId: '{reference[:200]}' is no component")
        found = self._asset(self._workspace_of(where.workspace), AssetKind.COMPONENT, where.what)
        spec = (found.body.get("properties") or {}).get("componentSpec")
        return spec if isinstance(spec, dict) else {}

    # Inputs and outputs.

    def input(self, name: str, each: JobInput) -> InputTask:
        """An input, where it lies."""
        if each.literal:
            return InputTask(each.type, each.value)
        field = f"properties.inputs.{name}"
        if not each.uri:
            raise UserError(f"{field}.uri is required for a {each.type}")
        return InputTask(each.type, place=self._place(self._workspace, each.uri, each.type, field), mode=each.mode)

    def output(self, name: str, each: JobOutput, job: str) -> OutputTask:
        """An output, and where it will lie."""
        suffix = f"/{name}" if each.type == "uri_file" else ""
        uri = each.uri or f"azureml://datastores/{BLOBSTORE}/paths/azureml/{job}/{name}{suffix or '/'}"
        uri = uri.replace("${{name}}", job).replace("${{output_name}}", name)
        place = self._place(self._workspace, uri, each.type, f"properties.outputs.{name}")
        if not place.path:
            raise UserError(f"properties.outputs.{name}.uri: nothing can be written to '{uri[:200]}'")
        return OutputTask(each.type, place, each.mode)

    def _place(self, workspace: Workspace, uri: str, kind: str, field: str) -> Place:
        where = self._named(uri, field)
        what, workspace = where.what, self._workspace_of(where.workspace, workspace)
        if isinstance(what, OnTheWeb):
            return Place(what.url)
        if isinstance(what, OfAsset):
            return self._of_asset(workspace, what, kind, field)
        if isinstance(what, OfJob):
            return self._of_job(workspace, what, kind, field)
        return Place(self._shown(what, uri), str(self._path(workspace, uri, field)))

    def _shown(self, what: InDatastore | InBlob, uri: str) -> str:
        return f"azureml://datastores/{what.name}/paths/{what.path}" if isinstance(what, InDatastore) else uri

    def _of_asset(self, workspace: Workspace, what: OfAsset, kind: str, field: str) -> Place:
        """Of a data asset; a model's files are named already (view/api/azure/jobs/models.py)."""
        if what.kind not in ("", "data"):
            raise UserError(f"{field}: '{what.name[:100]}' of {what.kind} is nothing that a {kind} can be")
        uri = text_of(self._asset(workspace, AssetKind.DATA, what).body, "properties", "dataUri")
        if not uri or isinstance(self._named(uri, field).what, OfAsset):
            raise UserError(f"{field}: the asset '{what.name[:100]}' does not say where it lies")
        return self._place(workspace, uri, kind, field)

    def _of_job(self, workspace: Workspace, what: OfJob, kind: str, field: str) -> Place:
        if what.output in _OF_ARTIFACTS:
            path = f"{RUN_ARTIFACTS}/dcid.{what.job}/{what.path}"
            return Place(f"azureml://jobs/{what.job}/outputs/{what.output}/paths/{what.path}",
                         str(self._places.in_artifact_store(workspace, path)))  # fmt: skip
        outputs: Mapping[str, object] = self._jobs.get(workspace.id, what.job).body.get("outputs") or {}
        uri = text_of(outputs, what.output, "uri")
        if not uri:
            raise NotFoundError(f"{field}: the job '{what.job}' has no output '{what.output[:100]}'")
        return self._place(workspace, f"{uri.rstrip('/')}/{what.path}" if what.path else uri, kind, field)

    # What they share.

    def _named(self, uri: str, field: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        try:
            return named(uri, self._address)
        except UserError as error:
            raise UserError(f"{field}: {error.message}", hint=error.hint) from error

    def _workspace_of(self, name, default: Workspace | None = None) -> Workspace:  # type: ignore[no-untyped-def]  # noqa: ANN001
        own = default or self._workspace
        if name is None:
            return own
        found = self._workspaces.get(name.subscription, name.resource_group, name.name)
        if found.project != own.project:
            raise NotFoundError(f"there is no workspace '{name.name}' for this project")
        return found

    def _asset(self, workspace: Workspace, kind: AssetKind, what: OfAsset) -> Asset:
        if what.registry:
            raise NotFoundError(f"the registry '{what.registry}' has no {kind} here")
        if what.version and not what.label:
            return self._assets.get(workspace.id, kind, what.name, what.version)
        found = self._assets.versions(workspace.id, kind, what.name)
        if not found or what.label not in ("", "latest"):
            raise NotFoundError(f"there is no {what.name} {what.label} among the {kind}")
        return found[0]

    def _path(self, workspace: Workspace, uri: str, field: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        what = self._named(uri, field).what
        if isinstance(what, InDatastore):
            return self._places.in_datastore(workspace, what.name, what.path)
        if isinstance(what, InBlob):
            return self._places.in_container(workspace, what.account, what.container, what.path)
        raise UserError(f"{field}: '{uri[:200]}' is nothing that lies in this home")
