"""Models as azureml-core registers and reads them: `/modelmanagement/v1.0/{workspace}/...`. They are in MLflow's
registry, one list with those of azure-ai-ml.

An asset is, to these clients, a name for files; here its id says which files they are, so that nothing is to be kept.
The routes are those of azureml-core's `azureml/_restclient/operations`, `ml_models_operations.py` and its siblings.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Query as Asked
from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry import names
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.model_registry import ModelRegistry, Name
from drivetrain.view.api.azure.arm.model_shape import ModelVersion, Record, Wanted
from drivetrain.view.api.azure.arm.models import alone
from drivetrain.view.api.azure.documents import Document, objects, text, texts, unicode_json, utc, whole_body

router = APIRouter(tags=["models"])
_STORE = "azureml://datastores/workspaceartifactstore/paths/"
_ASSET = "aml://asset/"
_ORIGIN, _OF_RUN = "ExperimentRun", "dcid."
_KEPT = ("framework", "frameworkVersion", "experimentName", "mimeType", "sampleInputData", "sampleOutputData")
_OURS = "azureml.v1."
"""What only these clients say of a model are properties that begin so."""


def _registry(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf) -> ModelRegistry:
    return ModelRegistry(edge, workspace, who, alone)


Registry = Annotated[ModelRegistry, Depends(_registry)]


# Assets


@router.post("/assets")
def make_asset(workspace: WorkspaceOf, body: Document) -> Any:
    """A name for files that were uploaded, or that a run has."""
    del workspace
    artifacts = objects(body, "artifacts")
    if len(artifacts) != 1:
        raise UserError("an asset here is one file, or one folder")
    place = text(artifacts[0], "prefix") or text(artifacts[0], "id")
    if place.count("/") < 2:  # noqa: PLR2004 - origin, container, path
        raise UserError(f"'{place[:200]}' is no place of files: ORIGIN/CONTAINER/PATH")
    return _asset(place, text(body, "name"), texts(body, "kvTags"), texts(body, "properties"))


@router.get("/assets/{asset}")
def get_asset(workspace: WorkspaceOf, asset: str) -> Any:
    """The files that an asset means."""
    del workspace
    return _asset(_place(asset))


@router.get("/assets")
def list_assets(workspace: WorkspaceOf) -> Any:
    """They are not kept, so none is listed."""
    del workspace
    return {"value": [], "continuationToken": None}


def _asset(
    place: str, name: str = "", tags: Mapping[str, str] | None = None, properties: Mapping[str, str] | None = None
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": _asset_id(place),
        "name": name or place.rpartition("/")[2] or place,
        "artifacts": [{"prefix": place}],
        "kvTags": dict(tags or {}),
        "properties": dict(properties or {}),
        "createdTime": utc(0),
    }


def _asset_id(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(asset: str) -> str:
    try:
        return base64.urlsafe_b64decode(asset + "==").decode()
    except ValueError as error:
        raise NotFoundError(f"there is no asset '{asset[:80]}'") from error


# Models


@router.post("/models")
async def register(registry: Registry, who: PrincipalOf, body: Document) -> Any:
    """A new version of a model, which is made if it is not there."""
    name = names.asset_name(text(body, "name"))
    url = text(body, "url")
    if not url.startswith(_ASSET):
        raise UserError(f"the url of a model begins with {_ASSET}")
    wanted = _wanted(body, who.name, _uri(_place(url.removeprefix(_ASSET))))
    made = await registry.add(name, wanted)
    return await _shown(registry, made)


def _uri(place: str) -> str:
    """The files in the words of MLflow, or of newer clients."""
    origin, container, path = place.split("/", 2)
    if origin == _ORIGIN and container.startswith(_OF_RUN):
        return f"runs:/{container.removeprefix(_OF_RUN)}/{path.strip('/')}"
    return f"{_STORE}{origin}/{container}/{path.strip('/')}"


def _wanted(body: Mapping[str, Any], by: str, uri: str) -> Wanted:
    given = dict(body)
    properties = {**texts(given, "properties"), **{_OURS + key: text(given, key) for key in _KEPT if given.get(key)}}
    if given.get("unpack") is True:
        properties[f"{_OURS}unpack"] = "true"
    if run := text(given, "runId"):
        properties[f"{_OURS}runId"] = run
    return Wanted(Record(uri=uri, properties=properties, by=by), texts(given, "kvTags"), text(given, "description"))


@router.get("/models")
async def list_models(
    registry: Registry,
    name: str = "",
    tags: str = "",
    properties: str = "",
    framework: str = "",
    run: Annotated[str, Asked(alias="runId")] = "",
    latest: Annotated[str, Asked(alias="latestVersionOnly")] = "",
    count: Annotated[int, Asked(ge=1)] = 10_000,
) -> Any:
    """The versions that are wanted, the newest first."""
    kept = [await registry.name(name)] if name and await _there(registry, name) else [] if name else None
    chosen = await registry.names() if kept is None else kept
    found = [each for every in chosen for each in _versions(every, newest_only=latest.lower() == "true")]
    found.sort(key=lambda each: (-each.created, each.name))
    shown = [await _shown(registry, each) for each in found]
    asked = {"framework": framework, "runId": run}
    meant = [each for each in shown if _meant(each, tags, properties, asked)][:count]
    return {"value": meant, "continuationToken": None}


async def _there(registry: ModelRegistry, name: str) -> bool:
    try:
        await registry.name(name)
    except NotFoundError:
        return False
    return True


def _versions(name: Name, *, newest_only: bool) -> list[ModelVersion]:
    active = [each for each in name.versions if not each.record.archived]
    return active[:1] if newest_only else active


def _meant(model: Mapping[str, Any], tags: str, properties: str, asked: Mapping[str, str]) -> bool:
    same = all(not value or model.get(key) == value for key, value in asked.items())
    return same and _has(model["kvTags"], tags) and _has(model["properties"], properties)


def _has(there: Mapping[str, str], asked: str) -> bool:
    """`name,other=value`: all of these are there."""
    for pair in filter(None, asked.split(",")):
        key, equals, value = pair.partition("=")
        if key not in there or (equals and there[key] != value):
            return False
    return True


@router.get("/models/{model}")
async def get_model(registry: Registry, model: str) -> Any:
    """One version: `NAME:VERSION`."""
    return await _shown(registry, await _version(registry, model))


async def _version(registry: ModelRegistry, model: str) -> ModelVersion:
    name, colon, version = model.rpartition(":")
    if not colon:
        newest = (await registry.name(model)).versions
        if not newest:
            raise NotFoundError(f"there is no model '{model[:80]}'")
        return newest[0]
    return await registry.version(name, version)


@router.delete("/models/{model}")
async def delete_model(registry: Registry, model: str) -> Any:
    """Forget a version; with the last one, the name."""
    found = await _version(registry, model)
    await registry.delete(found.name, found.version)
    if not (await registry.name(found.name)).versions:
        await registry.delete(found.name)
    return {}


@router.patch("/models/{model}")
async def change_model(registry: Registry, request: Request, model: str) -> Any:
    """Change tags, properties and description, by a JSON patch. https://www.rfc-editor.org/rfc/rfc6902"""
    there = await _version(registry, model)
    changes = unicode_json(await whole_body(request))
    if not isinstance(changes, list) or not all(isinstance(each, dict) for each in changes):
        raise UserError("the body is no JSON patch")
    tags, record, description = dict(there.tags), there.record, there.description
    properties = dict(record.properties)
    for each in changes:
        part, _, key = text(each, "path").strip("/").partition("/")
        key = key.replace("~1", "/").replace("~0", "~")
        if part == "description":
            description = text(each, "value")
        elif part in ("kvTags", "tags", "properties") and key:
            _apply(properties if part == "properties" else tags, text(each, "op"), key, each.get("value"))
        elif part in ("kvTags", "tags", "properties"):
            whole = properties if part == "properties" else tags
            whole.clear()
            whole.update(texts(each, "value"))
        elif part in _KEPT:
            properties[_OURS + part] = text(each, "value")
        else:
            raise UserError(f"'{part[:80]}' of a model cannot be changed")
    wanted = Wanted(replace(record, properties=properties), tags, description)
    await registry.make(there.name, there.version, wanted)
    return await _shown(registry, await registry.version(there.name, there.version))


def _apply(there: dict[str, str], op: str, key: str, value: object) -> None:
    if op == "remove":
        there.pop(key, None)
    elif isinstance(value, str):
        there[key] = value
    else:
        raise UserError(f"the value of '{key[:80]}' must be a text")


async def _shown(registry: ModelRegistry, model: ModelVersion) -> dict[str, Any]:
    """A version as azureml-core reads it."""
    properties = model.record.properties
    own = {key.removeprefix(_OURS): value for key, value in properties.items() if key.startswith(_OURS)}
    uri = model.record.uri or (await registry.show(model))["properties"]["modelUri"]
    return {
        "id": f"{model.name}:{model.version}",
        "name": model.name,
        "version": int(model.version) if model.version.isdecimal() else int(model.number),
        "url": _ASSET + _asset_id(_place_of(uri)),
        "mimeType": own.get("mimeType") or "application/x-python",
        "framework": own.get("framework") or "Custom",
        "frameworkVersion": own.get("frameworkVersion"),
        "experimentName": own.get("experimentName"),
        "sampleInputData": own.get("sampleInputData"),
        "sampleOutputData": own.get("sampleOutputData"),
        "runId": own.get("runId") or model.run_id or None,
        "unpack": own.get("unpack") == "true",
        "description": model.description or None,
        "createdTime": utc(model.created),
        "modifiedTime": utc(model.updated or model.created),
        "kvTags": dict(model.tags),
        "properties": {key: value for key, value in properties.items() if not key.startswith(_OURS)},
        "datasets": [],
        "derivedModelIds": [],
        "parentModelId": None,
        "resourceRequirements": None,
        "createdBy": {"userName": model.record.by or "mlflow", "userObjectId": "", "userTenantId": ""},
    }


def _place_of(uri: str) -> str:
    """The files of a model in the words of these clients. What lies anywhere else they cannot fetch."""
    _, found, path = uri.partition("/datastores/workspaceartifactstore/paths/")
    if not found:
        _, found, path = uri.partition("datastores/workspaceartifactstore/paths/")
    if uri.startswith("runs:/"):
        run, _, path = uri.removeprefix("runs:/").partition("/")
        return f"{_ORIGIN}/{_OF_RUN}{run}/{path}"
    return path if found else f"Elsewhere/none/{uri}"
