"""The library: variable groups, secure files, service connections and key vaults. No answer ever holds a secret."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from drivetrain.errors import UserError
from drivetrain.run.library.model import Edit, Item, ItemKind
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.library import shelf, shelf_of

router = APIRouter(tags=["library"])
ShelfPath = Annotated[str, Path(description="variable-groups, secure-files, connections or vaults")]
ItemPath = Annotated[str, Path(description="An id, or a name without a slash")]
ProjectQuery = Annotated[str, Query(description="Whose it is; empty for the home's own")]


class ValueShape(BaseModel):
    """A variable of a group, a parameter of a connection, a secret of a vault."""

    name: str
    secret: bool
    value: str | None
    """Null for a secret: it is never shown again."""
    changed_at: str


class PermitShape(BaseModel):
    """A pipeline that may use an item."""

    pipeline: str
    """A project's name, or the folder of a working tree."""
    permitted_at: str
    permitted_by: str


class ItemShape(BaseModel):
    """Something in the library."""

    id: str
    kind: str
    name: str
    project: str
    """Empty for the home's own."""
    description: str
    open: bool
    """Every pipeline may use it; else each needs a permit."""
    data: dict[str, str]
    values: list[ValueShape]
    permits: list[PermitShape]
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str
    url: str
    """Its page, relative to the server."""


class ItemPage(BaseModel):
    """All of the library, or what was asked for, by project and name."""

    items: list[ItemShape]


class EditShape(BaseModel):
    """What is to become of an item; what is not named stays."""

    description: str | None = None
    data: dict[str, str | None] = Field(default_factory=dict)
    """`vault` and `secrets` of a group; `type`, `scheme`, `url` and `data.NAME` of a connection. Null takes one out."""
    plain: dict[str, str] = Field(default_factory=dict)
    secret: dict[str, str] = Field(default_factory=dict)
    remove: list[str] = Field(default_factory=list)
    open: bool | None = None
    content: str | None = None
    """What a secure file holds, in base64."""


class NewShape(EditShape):
    """Something new for the library."""

    name: str


class PermitWish(BaseModel):
    """The pipeline that is to be permitted."""

    pipeline: str


def _shape(item: Item) -> ItemShape:
    return ItemShape(
        id=item.id,
        kind=item.kind,
        name=item.name,
        project=item.project,
        description=item.description,
        open=item.open,
        data={name: value for name, value in item.data.items() if name != "ticket"},
        values=[
            ValueShape(name=each.name, secret=each.secret, value=each.value, changed_at=each.changed_at)
            for each in item.values
        ],
        permits=[
            PermitShape(pipeline=each.pipeline, permitted_at=each.permitted_at, permitted_by=each.permitted_by)
            for each in item.permits
        ],
        created_at=item.created_at,
        created_by=item.created_by,
        updated_at=item.updated_at,
        updated_by=item.updated_by,
        url=f"/library/{shelf_of(item.kind).path}/{item.id}",
    )


def _edit(wanted: EditShape, kind: ItemKind) -> Edit:
    data = {name: value for name, value in wanted.data.items() if name not in {"ticket", "size"}}
    if wanted.content is not None and kind is not ItemKind.SECURE_FILE:
        raise UserError("only a secure file has content", hint="give values in `plain` or `secret`")
    if wanted.plain and kind is ItemKind.KEY_VAULT:
        raise UserError("a vault has secrets only", hint="give them in `secret`")
    return Edit(
        description=wanted.description,
        data=data,
        plain=wanted.plain,
        secret=wanted.secret,
        remove=tuple(wanted.remove),
        open=wanted.open,
        content=_content(wanted.content),
    )


def _content(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError("`content` is not base64", hint="encode the file's bytes") from error


@router.get("/library")
def list_library(site: SiteOf, kind: ItemKind | None = None, project: str | None = None) -> ItemPage:
    """What the library has: of one kind, of one project (empty: the home's own), or all of it."""
    return ItemPage(items=[_shape(each) for each in site.library.items(kind, project)])


@router.post("/library/{part}", status_code=201, dependencies=[OwnPagesOnly])
def add_item(site: SiteOf, part: ShelfPath, wanted: NewShape, project: ProjectQuery = "") -> ItemShape:
    """Keep something new."""
    kind = shelf(part).kind
    return _shape(site.library.add(kind, wanted.name, _edit(wanted, kind), project))


@router.get("/library/{part}/{item}")
def get_item(site: SiteOf, part: ShelfPath, item: ItemPath, project: ProjectQuery = "") -> ItemShape:
    """One of it."""
    return _shape(site.library.item(shelf(part).kind, item, project))


@router.patch("/library/{part}/{item}", dependencies=[OwnPagesOnly])
def change_item(
    site: SiteOf, part: ShelfPath, item: ItemPath, wanted: EditShape, project: ProjectQuery = ""
) -> ItemShape:
    """Change it."""
    kind = shelf(part).kind
    return _shape(site.library.change(kind, item, _edit(wanted, kind), project))


@router.delete("/library/{part}/{item}", status_code=204, dependencies=[OwnPagesOnly])
def remove_item(site: SiteOf, part: ShelfPath, item: ItemPath, project: ProjectQuery = "") -> None:
    """Forget it, with its values and permits."""
    site.library.remove(shelf(part).kind, item, project)


@router.post("/library/{part}/{item}/permits", status_code=201, dependencies=[OwnPagesOnly])
def permit(site: SiteOf, part: ShelfPath, item: ItemPath, wanted: PermitWish, project: ProjectQuery = "") -> ItemShape:
    """Let a pipeline use it."""
    kind = shelf(part).kind
    site.library.permit(kind, item, wanted.pipeline, project)
    return _shape(site.library.item(kind, item, project))


@router.delete("/library/{part}/{item}/permits", dependencies=[OwnPagesOnly])
def revoke(site: SiteOf, part: ShelfPath, item: ItemPath, pipeline: str, project: ProjectQuery = "") -> ItemShape:
    """Take a pipeline's permit away."""
    kind = shelf(part).kind
    site.library.revoke(kind, item, pipeline, project)
    return _shape(site.library.item(kind, item, project))
