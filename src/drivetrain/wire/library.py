"""The verbs behind the Library's commands, pages and API: what is given is checked here, and kept by the store."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError, UserError
from drivetrain.run.library.checking import (
    DATA,
    LARGEST_FILE,
    checked_name,
    checked_url,
    checked_value,
    checked_value_name,
    complete,
    defaults_of,
    described_connection,
    is_secret,
    spelled,
    unique_names,
)
from drivetrain.run.library.local_azure import with_application
from drivetrain.run.library.model import Edit, ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.run.library.model import Item
    from drivetrain.store.library import SqliteLibrary

LONGEST_DESCRIPTION = 1024


class LibraryBook:
    """The LibraryVerbs port (view/library.py). Any thread may call it; no server is needed, a running one notices."""

    def __init__(
        self,
        library: SqliteLibrary,
        by: str,
        wake: Callable[[], None] = lambda: None,
        *,
        tenant: Callable[[], str] = lambda: "common",
    ) -> None:
        """`by` is who changes things, for the record; `wake` tells an engine of it; `tenant` is this home's, for
        connections that lead to it.
        """
        self._tenant = tenant
        self._library = library
        self._by = by
        self._wake = wake

    def items(self, kind: ItemKind | None = None, project: str | None = None) -> Sequence[Item]:
        """What there is, by project and name; of every project for None."""
        return self._library.items(kind, project)

    def item(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """The item of that name or id. Raises NotFoundError."""
        return self._library.item(kind, name, project)

    def add(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Keep something new. Raises UserError, ConflictError when the name is taken."""
        checked_name(kind, name)
        if kind is ItemKind.SERVICE_CONNECTION:
            edit = _new_connection(edit, self._tenant)
        if kind is ItemKind.SECURE_FILE and edit.content is None:
            raise UserError("a secure file needs its content", hint="name a file")
        item = self._library.add(kind, name, self._checked(kind, edit, {}), project=project, by=self._by)
        self._library.sweep()
        return item

    def change(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Change something. Raises UserError, NotFoundError."""
        before = self._library.item(kind, name, project)
        if kind is ItemKind.SERVICE_CONNECTION:
            edit = _changed_connection(before, edit)
        item = self._library.change(kind, name, self._checked(kind, edit, before.data), project=project, by=self._by)
        self._wake()
        return item

    def _checked(self, kind: ItemKind, edit: Edit, data: Mapping[str, str]) -> Edit:
        unique_names(kind, [*edit.plain, *edit.secret])
        for name, value in (*edit.plain.items(), *edit.secret.items()):
            checked_value(name, value)
        vault = {**data, **(edit.data or {})}.get("vault") if kind is ItemKind.VARIABLE_GROUP else None
        if vault:
            _check_vault(vault, edit)
        for text in (edit.description, *(edit.data or {}).values()):
            if text and (len(text) > LONGEST_DESCRIPTION or "\0" in text or not _is_text(text)):
                raise UserError("a description or field is too long, or no text", hint=f"{LONGEST_DESCRIPTION} at most")
        if edit.content is not None and len(edit.content) > LARGEST_FILE:
            raise UserError(f"a secure file has at most {LARGEST_FILE >> 20} MB, as on Azure", hint="split it")
        return edit

    def remove(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """Forget something; what it was. Raises NotFoundError."""
        return self._library.remove(kind, name, project=project)

    def permit(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """Let a pipeline use it. Raises UserError, NotFoundError."""
        if not pipeline or len(pipeline) > LONGEST_DESCRIPTION or not pipeline.isprintable():
            raise UserError(
                f"{pipeline[:80]!r} is no pipeline", hint="a project's name, or the folder of a working tree"
            )
        self._library.permit(kind, name, pipeline, project=project, by=self._by)
        self._wake()

    def revoke(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """A pipeline may not use it any more. Raises NotFoundError."""
        self._library.revoke(kind, name, pipeline, project=project)

    def open_to_all(self, kind: ItemKind, name: str, project: str = "", *, opened: bool = True) -> Item:
        """Let every pipeline use it, or only those that have a permit. Raises NotFoundError."""
        item = self._library.change(kind, name, Edit(open=opened), project=project, by=self._by)
        self._wake()
        return item

    def set_secret(self, vault: str, name: str, value: str, project: str = "") -> Item:
        """Keep a secret in a vault, which is made when there is none of that name. Raises UserError."""
        edit = Edit(secret={name: value})
        with suppress(NotFoundError):
            return self.change(ItemKind.KEY_VAULT, vault, edit, project)
        return self.add(ItemKind.KEY_VAULT, vault, edit, project)


def _check_vault(vault: str, edit: Edit) -> None:
    checked_name(ItemKind.KEY_VAULT, vault)
    for name in ((edit.data or {}).get("secrets") or "").split(","):
        if name not in {"", "*"}:
            checked_value_name(ItemKind.KEY_VAULT, name)
    if edit.plain or edit.secret:
        raise UserError(
            f"this group passes on the secrets of the vault '{vault}'; it has no values of its own",
            hint=f"`drivetrain secret set {vault} NAME` changes one",
        )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _new_connection(edit: Edit, tenant: Callable[[], str]) -> Edit:
    data = {name: value for name, value in (edit.data or {}).items() if value is not None}
    described = described_connection(data.pop("type", ""), data.pop("scheme", ""), data.pop("url", ""))
    parameters, fields = defaults_of(described)
    edit = with_application(described, replace(edit, data=data), tenant)
    data = {name: value for name, value in (edit.data or {}).items() if value is not None}
    given = _told_apart(described, edit)
    plain = {**{name: value for name, value in parameters.items() if name not in given.secret}, **given.plain}
    complete(described, [*plain, *given.secret])
    return replace(given, data={**fields, **data, **described}, plain=plain)


def _changed_connection(before: Item, edit: Edit) -> Edit:
    data = dict(edit.data or {})
    if {"type", "scheme"} & data.keys():
        raise UserError("the type and scheme of a connection cannot be changed", hint="remove it and add another")
    if data.get("url"):
        checked_url(data["url"] or "")
    given = _told_apart(before.data, edit)
    removed = {name.lower() for name in edit.remove}
    kept = [value.name for value in before.values if value.name.lower() not in removed]
    complete(before.data, [*kept, *given.plain, *given.secret])
    return given


def _told_apart(data: Mapping[str, str], edit: Edit) -> Edit:
    """Parameters by the names that tasks look for; what its type says is a secret is one, however it was given."""
    plain, secret = spelled(data, edit.plain), spelled(data, edit.secret)
    unique_names(ItemKind.SERVICE_CONNECTION, [*plain, *secret])
    secret |= {name: value for name, value in plain.items() if is_secret(data, name)}
    return replace(edit, plain={name: value for name, value in plain.items() if name not in secret}, secret=secret)


def data_fields(fields: Mapping[str, str]) -> dict[str, str | None]:
    """The data of a connection as its item keeps them; an empty value takes one out."""
    return {f"{DATA}{name}": value or None for name, value in fields.items()}
