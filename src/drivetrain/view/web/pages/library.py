"""The library: what there is, one of it, and forms that take secrets and never show one again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from drivetrain.errors import NotFoundError, UserError
from drivetrain.run.library.connection_types import TYPES, known_type
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.library import SHELVES, shelf
from drivetrain.view.web.pages.base import render, site
from drivetrain.view.web.pages.upload import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.run.library.model import Item
    from drivetrain.view.library import LibraryVerbs, Shelf
    from drivetrain.view.web.pages.upload import Fields

DATA = "data."


def show_all(request: Request) -> Response:
    """All of it, by kind."""
    items = site(request).library.items()
    parts = [(each, [item for item in items if item.kind is each.kind]) for each in SHELVES]
    return render(request, "library.html", parts=parts)


def new(request: Request) -> Response:
    """A form for something new."""
    part = _shelf(request)
    kind = known_type(request.query_params.get("type", ""))
    scheme = kind.scheme(request.query_params.get("scheme", "")) if kind else None
    return render(
        request,
        "library_new.html",
        part=part,
        projects=_projects(request),
        types=TYPES.values(),
        type=kind,
        scheme=scheme or (kind.schemes[0] if kind else None),
        vaults=[item.name for item in site(request).library.items(ItemKind.KEY_VAULT)],
    )


def show(request: Request) -> Response:
    """One of it."""
    part, item = _shelf(request), _find(request)
    pipelines = [name for name in _projects(request) if not item.project or name == item.project]
    permitted = {permit.pipeline for permit in item.permits}
    return render(
        request,
        "library_item.html",
        part=part,
        item=item,
        facts={name.removeprefix(DATA): value for name, value in item.data.items() if name not in {"ticket", "size"}},
        pipelines=[name for name in pipelines if name not in permitted],
    )


async def create(request: Request) -> Response:
    """Keep it; then its page."""
    part, fields = _shelf(request), await fields_of(request)

    def make() -> Item:
        name = fields.text("name").strip()
        if part.kind is ItemKind.SECURE_FILE:
            name = name or (fields.file.name if fields.file else "")
        if part.kind is ItemKind.KEY_VAULT:
            secret = fields.text("value_name").strip()
            return site(request).library.set_secret(name, secret, fields.value("value"), fields.text("project"))
        return site(request).library.add(part.kind, name, _new_edit(part.kind, fields), fields.text("project"))

    item = await run_in_threadpool(make)
    return _to(item, part)


async def change(request: Request) -> Response:
    """Do what one of the page's forms asks for; then the page again."""
    part, fields = _shelf(request), await fields_of(request)
    work = _WORK.get(request.path_params["verb"])
    if work is None:
        raise NotFoundError("there is no such form", hint="use the page's own buttons")

    def do() -> Item:
        item = _find(request)
        work(site(request).library, item, fields)
        return item

    item = await run_in_threadpool(do)
    if request.path_params["verb"] == "remove":
        return RedirectResponse("/library", status_code=303)
    return _to(item, part)


def _to(item: Item, part: Shelf) -> Response:
    query = f"?{urlencode({'project': item.project})}" if item.project else ""
    return RedirectResponse(f"/library/{part.path}/{item.id}{query}", status_code=303)


def _shelf(request: Request) -> Shelf:
    return shelf(request.path_params["shelf"])


def _find(request: Request) -> Item:
    wanted = request.path_params["item"]
    for item in site(request).library.items(_shelf(request).kind):
        if item.id == wanted:
            return item
    raise NotFoundError("there is no such thing in the library", hint="the Library's page shows what there is")


def _projects(request: Request) -> list[str]:
    return [each.project.name for each in site(request).projects.projects()]


def _new_edit(kind: ItemKind, fields: Fields) -> Edit:
    edit = Edit(description=fields.text("description"), open=fields.flag("open"))
    if kind is ItemKind.SECURE_FILE:
        return replace(edit, content=fields.file.content if fields.file else None)
    if kind is ItemKind.VARIABLE_GROUP:
        vault = fields.text("vault")
        return replace(edit, data={"vault": vault, "secrets": "*"} if vault else None)
    data: dict[str, str | None] = {name: fields.text(name) for name in ("type", "scheme", "url")}
    data |= {f"{DATA}{name}": value for name, value in fields.beginning("data:").items() if value}
    values = {name: value for name, value in fields.beginning("parameter:").items() if value}
    return replace(edit, data=data, plain=values)


def _set(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    name, value = fields.text("value_name").strip(), fields.value("value")
    if item.kind is ItemKind.KEY_VAULT or fields.flag("secret"):
        edit = Edit(secret={name: value})
    else:
        edit = Edit(plain={name: value})
    library.change(item.kind, item.id, edit, item.project)


def _unset(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    library.change(item.kind, item.id, Edit(remove=(fields.text("value_name"),)), item.project)


def _describe(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    library.change(item.kind, item.id, Edit(description=fields.text("description")), item.project)


def _replace(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    if fields.file is None:
        raise UserError("there is no file in this form", hint="choose one")
    library.change(item.kind, item.id, Edit(content=fields.file.content), item.project)


def _permit(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    library.permit(item.kind, item.id, fields.text("pipeline").strip(), item.project)


def _revoke(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    library.revoke(item.kind, item.id, fields.text("pipeline"), item.project)


def _open(library: LibraryVerbs, item: Item, fields: Fields) -> None:
    library.open_to_all(item.kind, item.id, item.project, opened=fields.flag("open"))


def _remove(library: LibraryVerbs, item: Item, _: Fields) -> None:
    library.remove(item.kind, item.id, item.project)


_WORK: dict[str, Callable[[LibraryVerbs, Item, Fields], None]] = {
    "set": _set,
    "unset": _unset,
    "describe": _describe,
    "content": _replace,
    "permit": _permit,
    "revoke": _revoke,
    "open": _open,
    "remove": _remove,
}
"""What a form of an item's page does, by the last part of its address."""
