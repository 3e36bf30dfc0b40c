"""Azure Machine Learning's models in MLflow's registry: one list, whichever client made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.record.tracking.calls import MlflowCalls
from drivetrain.registry.model import text_of
from drivetrain.serve.model import ITSELF
from drivetrain.view.api.azure.arm.datastores import BUILT_IN, container_of
from drivetrain.view.api.azure.arm.model_files import Place, bring, flavors_in, place_of
from drivetrain.view.api.azure.arm.model_shape import (
    PROJECT,
    RECORD,
    WORKSPACE,
    ModelVersion,
    Record,
    Wanted,
    container_shown,
    datastore_uri,
    record_of,
    stored_at,
    tags_of,
    uri_of,
    version_of,
    version_shown,
)
from drivetrain.view.api.azure.arm.model_sources import check_source

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from drivetrain.registry.model import Workspace
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal

EXPERIMENT = "Registered models"
"""Of the logged models that hold files which no training run made."""
_MOST = 1000


class Name(Struct, frozen=True):
    """A registered model, with the versions that this workspace has of it."""

    found: dict[str, Any]
    versions: tuple[ModelVersion, ...]
    """The newest first."""
    following: int

    @property
    def archived(self) -> bool:
        """Whether all of it is."""
        own = record_of(tags_of(self.found)).archived
        return all(each.record.archived for each in self.versions) if self.versions else own


class ModelRegistry:
    """The models of one workspace, for one who asks. Lives in the event loop of the server."""

    def __init__(self, edge: Edge, workspace: Workspace, who: Principal, alone: asyncio.Lock) -> None:
        """`alone` is held by whoever registers: a version is looked for before it is made."""
        self._edge = edge
        self._workspace = workspace
        self._who = who
        self._alone = alone
        self._mlflow = MlflowCalls(edge.tracking)

    # Reading.

    async def names(self) -> list[Name]:
        """Every model that may be seen here, by name."""
        found = await self._all("registered-models/search", "registered_models", order_by=["name ASC"])
        by_name: dict[str, list[dict[str, Any]]] = {}
        for version in await self._all("model-versions/search", "model_versions"):
            by_name.setdefault(version["name"], []).append(version)
        names = [self._name(each, by_name.get(each["name"], [])) for each in found if self._may_see(each)]
        return [each for each in names if each.versions or not by_name.get(each.found["name"])]

    async def name(self, name: str) -> Name:
        """One model. Raises NotFoundError, also when it belongs to another project."""
        found = (await self._mlflow.get("registered-models/get", name=name))["registered_model"]
        if not self._may_see(found):
            raise NotFoundError(f"Registered Model with name={name} not found")
        versions = await self._all("model-versions/search", "model_versions", filter=f"name = '{name}'")
        return self._name(found, versions)

    def _may_see(self, found: dict[str, Any]) -> bool:
        return self._who.may_see(tags_of(found).get(PROJECT, ""))

    def _name(self, found: dict[str, Any], versions: list[dict[str, Any]]) -> Name:
        every = sorted((version_of(each) for each in versions), key=lambda each: -int(each.number))
        numbers = [int(text) for each in every for text in (each.number, each.version) if text.isdecimal()]
        own = tuple(each for each in every if each.workspace in ("", self._workspace.id))
        return Name(found, own, max(numbers, default=0) + 1)

    async def _all(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page: dict[str, Any] = {"max_results": str(_MOST), **arguments}
            answer = await self._mlflow.get(operation, **page, **({"page_token": token} if token else {}))
            found += answer.get(key, [])
            token = answer.get("next_page_token", "")
            if not token:
                return found

    async def version(self, name: str, version: str) -> ModelVersion:
        """One version. Raises NotFoundError."""
        for each in (await self.name(name)).versions:
            if each.version == version:
                return each
        raise NotFoundError(f"there is no version {version} of the model '{name}' in {self._workspace.name}")

    async def show(self, model: ModelVersion) -> dict[str, Any]:
        """A version as clients read it."""
        location = await self._location(model)
        flavors = model.record.flavors or await run_in_threadpool(self._flavors, location)
        return version_shown(self._workspace, model, location, flavors)

    def show_name(self, name: Name) -> dict[str, Any]:
        """A name as clients read it."""
        newest = name.versions[0] if name.versions else None
        return container_shown(self._workspace, name.found, newest, name.following, archived=name.archived)

    async def _location(self, model: ModelVersion) -> str:
        if not model.source.startswith("models:"):
            return model.source
        said = await self._mlflow.get("model-versions/get-download-uri", name=model.name, version=model.number)
        return str(said.get("artifact_uri", model.source))

    async def mounted(self, model: ModelVersion) -> str:
        """The name of the folder that was registered; `.` when that was one file, empty when it is not known."""
        location = await self._location(model)
        name = model.record.uri.rstrip("/").rpartition("/")[2] or await self._logged_as(location)
        folder = self._folder(location)
        if folder is None or name in ("", ".", ".."):
            return ""
        return ITSELF if await run_in_threadpool((folder / name).is_file) else name

    async def _logged_as(self, location: str) -> str:
        stored = stored_at(location)
        if stored is None:
            return ""
        _, owner, path = stored
        if path or not owner.startswith("m-"):
            return path.rpartition("/")[2]
        return str((await self._mlflow.get(f"logged-models/{owner}"))["model"]["info"].get("name", ""))

    def _flavors(self, location: str) -> dict[str, Any]:
        folder = self._folder(location)
        return flavors_in(folder) if folder is not None else {}

    def _folder(self, location: str) -> Path | None:
        if stored_at(location) is None:
            return None
        root = self._edge.tracking.artifacts.resolve()
        path = root.joinpath(*location.partition(":")[2].strip("/").split("/")).resolve()
        return path if path.is_relative_to(root) else None

    # Writing.

    async def make(self, name: str, version: str, asked: Wanted) -> tuple[ModelVersion, bool]:
        """Register a version, or change what may be changed of the one that is there; whether it is new.
        Raises ConflictError, NotFoundError, UserError.
        """
        async with self._alone:
            found = await self._name_or_new(name, asked)
            there = next((each for each in found.versions if each.version == version), None)
            if there is not None:
                await self._change(there, asked)
            else:
                await self._register(name, version, asked)
        return await self.version(name, version), there is None

    async def add(self, name: str, asked: Wanted) -> ModelVersion:
        """Register the next version. Raises ConflictError, NotFoundError, UserError."""
        async with self._alone:
            version = str((await self._name_or_new(name, asked)).following)
            await self._register(name, version, asked)
        return await self.version(name, version)

    async def _name_or_new(self, name: str, asked: Wanted) -> Name:
        try:
            return await self.name(name)
        except NotFoundError:
            record = Record(by=asked.record.by)
            tags = [_tag(PROJECT, self._workspace.project), _tag(RECORD, record.text())]
            body = {"name": name, "tags": [each for each in tags if each["value"]]}
            try:
                await self._mlflow.post("registered-models/create", body)
            except ConflictError:
                raise ConflictError(f"the name '{name}' belongs to another project's model") from None
            return await self.name(name)

    async def _register(self, name: str, version: str, asked: Wanted) -> None:
        source, run_id, model_id = await self._source(name, asked)
        following = (await self.name(name)).following
        record = replace(asked.record, version="" if version == str(following) else version)
        record = replace(record, uri=await self._kept_uri(asked.record.uri, source))
        tags = [_tag(RECORD, record.text()), _tag(WORKSPACE, self._workspace.id)]
        tags += [_tag(key, value) for key, value in asked.tags.items()]
        body = {"name": name, "source": source, "run_id": run_id, "model_id": model_id, "tags": tags}
        body["description"] = asked.description
        made = await self._mlflow.post("model-versions/create", {key: value for key, value in body.items() if value})
        await self._set_stage(version_of(made["model_version"]), asked.record.stage)

    async def _kept_uri(self, uri: str, source: str) -> str:
        """What is to be shown for the place of the files; empty for where MLflow has them."""
        place = place_of(uri)
        if place is not None and place.output not in ("", "default"):
            output = await self._of_output(place)
            return datastore_uri(self._workspace, output.datastore, output.path)
        return uri if source == uri or (place is not None and place.datastore) else ""

    async def _change(self, there: ModelVersion, asked: Wanted) -> None:
        shown = there.record.uri or uri_of(self._workspace, await self._location(there))
        if asked.record.uri.rstrip("/") not in ("", shown.rstrip("/"), there.record.uri.rstrip("/")):
            hint = "register it under another version, or without one"
            raise ConflictError(f"{there.name}:{there.version} is there already, at {shown}", hint=hint)
        old = there.record
        record = replace(asked.record, version=old.version, uri=old.uri, by=old.by, type=asked.record.type or old.type)
        place = {"name": there.name, "version": there.number}
        for key, value in {**asked.tags, RECORD: record.text()}.items():
            if there.tags.get(key) != value:
                await self._mlflow.post("model-versions/set-tag", {**place, "key": key, "value": value})
        for key in set(there.tags) - set(asked.tags):
            await self._mlflow.post("model-versions/delete-tag", {**place, "key": key}, "DELETE")
        if asked.description != there.description:
            await self._mlflow.post("model-versions/update", {**place, "description": asked.description}, "PATCH")
        await self._set_stage(there, asked.record.stage)

    async def _set_stage(self, model: ModelVersion, stage: str) -> None:
        if stage in ("", "Development") or stage == model.stage:
            return
        body = {"name": model.name, "version": model.number, "stage": stage, "archive_existing_versions": False}
        await self._mlflow.post("model-versions/transition-stage", body)

    async def describe(self, name: str, asked: Wanted, *, archived: bool | None) -> Name:
        """Describe a name; archive or restore all its versions. Raises UserError."""
        async with self._alone:
            there = await self._name_or_new(name, asked)
            body = {"name": name, "description": asked.description}
            await self._mlflow.post("registered-models/update", body, "PATCH")
            record = replace(asked.record, archived=bool(archived), uri="", version="")
            for key, value in {**asked.tags, RECORD: record.text()}.items():
                await self._mlflow.post("registered-models/set-tag", {"name": name, "key": key, "value": value})
            for each in there.versions:
                if archived is not None and each.record.archived is not archived:
                    text = replace(each.record, archived=archived).text()
                    tag = {"name": name, "version": each.number, "key": RECORD, "value": text}
                    await self._mlflow.post("model-versions/set-tag", tag)
        return await self.name(name)

    async def delete(self, name: str, version: str = "") -> None:
        """Forget a version, or without one the versions of this workspace and, if that is all, the name."""
        found = await self.name(name)
        chosen = [each for each in found.versions if version in ("", each.version)]
        if version and not chosen:
            raise NotFoundError(f"there is no version {version} of the model '{name}' in {self._workspace.name}")
        for each in chosen:
            await self._mlflow.post("model-versions/delete", {"name": name, "version": each.number}, "DELETE")
        left = await self._all("model-versions/search", "model_versions", filter=f"name = '{name}'")
        if not version and not left:
            await self._mlflow.post("registered-models/delete", {"name": name}, "DELETE")

    # Files.

    async def _source(self, name: str, asked: Wanted) -> tuple[str, str, str]:
        """What MLflow is to take for the place of the files, the training run, and the logged model."""
        uri = asked.record.uri
        if not uri:
            raise UserError("a model needs a modelUri: where its files are")
        if uri.startswith("models:/m-"):
            await check_source(self._edge.tracking, self._who, uri)
            return uri, "", uri.partition("/")[2]
        place = place_of(uri)
        if place is not None and place.output not in ("", "default"):
            return await self._of_files(name, await self._of_output(place), place.run_id)
        if place is not None and place.run_id:
            return await self._of_run(place)
        if place is not None and place.datastore in BUILT_IN:
            return await self._of_files(name, place)
        await check_source(self._edge.tracking, self._who, uri)
        return uri, "", ""  # somewhere else: MLflow keeps the address, and its clients fetch it if they can

    async def _of_run(self, place: Place) -> tuple[str, str, str]:
        run = (await self._mlflow.get("runs/get", run_id=place.run_id))["run"]
        if not self._who.may_see(tags_of(run.get("data", {})).get(PROJECT, "")):
            raise NotFoundError(f"Run with id={place.run_id} not found")
        path = place.path
        source = f"{run['info']['artifact_uri']}/{path}".rstrip("/")
        folder = self._folder(source)
        if folder is not None and await run_in_threadpool(folder.exists):
            return source, place.run_id, ""
        query = {"experiment_ids": [run["info"]["experiment_id"]], "filter": f"source_run_id = '{place.run_id}'"}
        logged = await self._mlflow.post("logged-models/search", query)
        for each in logged.get("models", []):
            if each["info"].get("name") == path:
                return f"models:/{each['info']['model_id']}", place.run_id, each["info"]["model_id"]
        raise NotFoundError(f"the training run {place.run_id} has nothing at '{path}'")

    async def _of_output(self, place: Place) -> Place:
        """Where a job of this workspace put an output."""
        job = await run_in_threadpool(self._edge.jobs.get, self._workspace.id, place.run_id)
        found = place_of(text_of(job.body, "outputs", place.output, "uri"))
        if found is None or found.datastore not in BUILT_IN:
            raise NotFoundError(f"the job '{place.run_id}' has no output '{place.output[:100]}' in this home")
        return replace(found, path=f"{found.path}/{place.path}".rstrip("/"))

    async def _of_files(self, name: str, place: Place, run_id: str = "") -> tuple[str, str, str]:
        account = self._edge.blobs.account_of(self._workspace)
        container = await run_in_threadpool(container_of, self._edge.blobs, self._workspace, place.datastore)
        source = await run_in_threadpool(self._edge.blobs.path, account, container, place.path)
        experiment = await self._mlflow.experiment(EXPERIMENT)
        tags = [_tag(WORKSPACE, self._workspace.id)]
        if self._workspace.project:
            tags.append(_tag(PROJECT, self._workspace.project))
        body: dict[str, Any] = {"experiment_id": experiment, "name": name, "tags": tags}
        if run_id:
            body["source_run_id"] = run_id
        made = await self._mlflow.post("logged-models", body)
        info = made["model"]["info"]
        target = self._folder(info["artifact_uri"])
        assert target is not None  # noqa: S101 - MLflow keeps what is logged among its artifacts
        await run_in_threadpool(bring, source, target)
        ready = {"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"}
        await self._mlflow.post(f"logged-models/{info['model_id']}", ready, "PATCH")
        return f"models:/{info['model_id']}", run_id, str(info["model_id"])


def _tag(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}
