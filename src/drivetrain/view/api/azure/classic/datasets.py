"""Datasets as azureml-core registers and reads them: `/dataset/v1.0/{workspace}/...`. They are versions of data assets,
the same that Azure Resource Manager lists.

The routes are those of azureml-core's `azureml/_restclient/operations/dataset_operations.py`, and what `azureml.data`
asks of the service behind `/data/v1.0`.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Query as Asked
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.classic import dataset_shape as shape
from drivetrain.view.api.azure.documents import Document, mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.api.azure.edge import Edge

router = APIRouter(tags=["datasets"])
versions = APIRouter(tags=["datasets"])
_KIND = AssetKind.DATA
_NEWEST = ("", "latest", "None")
"""What clients write where they mean no version; `None` by a slip of azureml-core."""


@router.get("/datasets")
def list_all(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """The newest version of each that has a name."""
    found = [each for each in edge.assets.names(workspace.id, _KIND) if _is_dataset(each) and not each.archived]
    return {"value": [shape.shown(each) for each in found if not _is_nameless(each)], "continuationToken": None}


@router.post("/datasets")
def register(
    edge: EdgeOf,
    workspace: WorkspaceOf,
    who: PrincipalOf,
    body: Document,
    exists_ok: Annotated[bool, Asked(alias="ifExistsOk")] = False,  # noqa: FBT002 - a parameter of the address
) -> Any:
    """Register one, under its name's next version. Raises ConflictError when the name is taken and may not be."""
    name = shape.checked_name(text(body, "name"))
    if edge.assets.versions(workspace.id, _KIND, name) and not exists_ok:
        raise ConflictError(f"there is a dataset '{name}' already", hint="register it with create_new_version=True")
    latest = mapping(body, "latest")
    said = shape.definition_of(
        text(body, "datasetType"), shape.text_at(latest, "dataflow"), mapping(latest, "properties")
    )
    saved = text(latest, "savedDatasetId")
    _refuse_registered(edge, workspace, saved)
    # Each version has an id of its own, even of the same content.
    wanted = shape.asset_of(workspace, name, saved or str(uuid.uuid4()), body, said)
    return shape.shown(edge.assets.add(wanted, by=who.name))


@router.get("/datasets/query/name={name}")
def by_name(
    edge: EdgeOf, workspace: WorkspaceOf, name: str, version: Annotated[str, Asked(alias="versionId")] = ""
) -> Any:  # fmt: skip
    """A version of a name, or its newest."""
    return shape.shown(named_dataset(edge, workspace, name, version))


@router.get("/datasets/query/savedDatasetId={saved}")
def by_saved_id(edge: EdgeOf, workspace: WorkspaceOf, saved: str) -> Any:
    """The registered one that was saved by this id, if any."""
    found = [each for each in _saved(edge, workspace, saved) if not _is_nameless(each)]
    return {"value": [shape.shown(each) for each in found[:1]], "continuationToken": None}


@router.get("/datasets/{dataset}")
def by_id(edge: EdgeOf, workspace: WorkspaceOf, dataset: str) -> Any:
    """The newest version of the name that has this id."""
    return shape.shown(_of_id(edge, workspace, dataset))


@router.get("/datasets/{dataset}/definitions")
def definitions(edge: EdgeOf, workspace: WorkspaceOf, dataset: str) -> Any:
    """Every version of a name, the newest first."""
    found = edge.assets.versions(workspace.id, _KIND, _of_id(edge, workspace, dataset).name)
    return {"value": [shape.shown(each)["latest"] for each in found if _is_dataset(each)], "continuationToken": None}


@router.put("/datasets/{dataset}")
def update(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, dataset: str, body: Document) -> Any:
    """Another description, other tags."""
    version = text(mapping(body, "latest"), "versionId")
    there = named_dataset(edge, workspace, _of_id(edge, workspace, dataset).name, version)
    said = {"description": text(body, "description"), "tags": texts(body, "tags")}
    changed = {**there.body, "properties": {**there.body["properties"], **said}}
    return shape.shown(edge.assets.put(replace(there, body=changed), by=who.name))


@router.delete("/datasets/{name}")
def unregister(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Response:
    """Forget a name with all its versions; the files stay."""
    for each in edge.assets.versions(workspace.id, _KIND, name):
        if _is_dataset(each):
            edge.assets.delete(workspace.id, _KIND, name, each.version)
    return Response(status_code=200)


@router.post("/saveddatasets")
def save(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, body: Document) -> Any:
    """Keep one without a name, so that a run can name it by an id."""
    said = shape.definition_of(
        text(body, "datasetType"), shape.text_at(body, "dataflowJson"), mapping(body, "properties")
    )
    saved = shape.content_id(workspace, said)
    found = _saved(edge, workspace, saved)
    if found:
        return shape.saved_shown(found[0])
    wanted = shape.asset_of(workspace, shape.UNREGISTERED + saved, saved, {}, said)
    return shape.saved_shown(edge.assets.put(replace(wanted, version="1"), by=who.name))


@router.get("/saveddatasets/{saved}")
def get_saved(edge: EdgeOf, workspace: WorkspaceOf, saved: str) -> Any:
    """One by the id that it was saved by, with a name or without."""
    return shape.saved_shown(saved_dataset(edge, workspace, saved))


@versions.get("/dataversion/{name}/versions/{version}")
def data_version(edge: EdgeOf, workspace: WorkspaceOf, name: str, version: str) -> Any:
    """A version of a data asset, whoever made it; of a dataset of the SDK v1, with how it is read."""
    saved = name.removeprefix(shape.UNREGISTERED)
    if saved != name:
        found = saved_dataset(edge, workspace, saved)
    elif version in _NEWEST:
        found = next(iter(edge.assets.versions(workspace.id, _KIND, name)), None) or _missing(name)
    else:
        found = edge.assets.get(workspace.id, _KIND, name, version)
    properties = found.body["properties"]
    shown = {"dataType": properties["dataType"], "dataUri": properties["dataUri"], "versionId": found.version}
    answer: dict[str, Any] = {"dataVersion": {**shown, "dataContainerName": found.name}}
    if _is_dataset(found):
        answer["legacyDataflow"] = shape.rslex(found.body[shape.DEFINITION]["dataflow"])
    return answer


def saved_dataset(edge: Edge, workspace: Workspace, saved: str) -> Asset:
    """The dataset that was saved by this id. Raises NotFoundError."""
    for each in _saved(edge, workspace, saved):
        return each
    raise NotFoundError(f"there is no dataset with the id '{saved[:80]}'")


def _saved(edge: Edge, workspace: Workspace, saved: str) -> Sequence[Asset]:
    """Those with this id, those with names first."""
    found = [each for each in edge.assets.of_hash(workspace.id, _KIND, saved) if _is_dataset(each)] if saved else []
    return sorted(found, key=_is_nameless)


def _refuse_registered(edge: Edge, workspace: Workspace, saved: str) -> None:
    """An id is registered once. Clients look for these words (`azureml/data/abstract_dataset.py`)."""
    for each in _saved(edge, workspace, saved):
        if not _is_nameless(each):
            raise UserError(f"The dataset has been registered as {each.name}:{each.version} (name:version).")


def named_dataset(edge: Edge, workspace: Workspace, name: str, version: str = "") -> Asset:
    """A version of a registered dataset, or its newest. Raises NotFoundError."""
    for each in edge.assets.versions(workspace.id, _KIND, name):
        if _is_dataset(each) and version in (each.version, *_NEWEST):
            return each
    return _missing(name)


def _of_id(edge: Edge, workspace: Workspace, dataset: str) -> Asset:
    for each in edge.assets.names(workspace.id, _KIND):
        if _is_dataset(each) and shape.name_id(workspace.id, each.name) == dataset:
            return each
    return _missing(dataset)


def _missing(name: str) -> Asset:
    raise NotFoundError(f"there is no dataset '{name[:80]}' in this workspace")


def _is_dataset(asset: Asset) -> bool:
    return shape.DEFINITION in asset.body


def _is_nameless(asset: Asset) -> bool:
    return asset.name.startswith(shape.UNREGISTERED)
