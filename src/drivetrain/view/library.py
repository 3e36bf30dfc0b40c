"""What the Library's pages, API and commands need from outside, as a Protocol. No secret ever comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.run.library.model import ItemKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.library.model import Edit, Item


class LibraryVerbs(Protocol):
    """Reads and changes the library. `project` is a name; empty for the home's own library."""

    def items(self, kind: ItemKind | None = None, project: str | None = None) -> Sequence[Item]:
        """What there is, by project and name; of every project for None."""
        ...

    def item(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """The item of that name or id. Raises NotFoundError."""
        ...

    def add(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Keep something new. Raises UserError, ConflictError when the name is taken."""
        ...

    def change(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Change something. Raises UserError, NotFoundError."""
        ...

    def remove(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """Forget something; what it was. Raises NotFoundError."""
        ...

    def permit(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """Let a pipeline use it. Raises UserError, NotFoundError."""
        ...

    def revoke(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """A pipeline may not use it any more. Raises NotFoundError."""
        ...

    def open_to_all(self, kind: ItemKind, name: str, project: str = "", *, opened: bool = True) -> Item:
        """Let every pipeline use it, or only those that have a permit. Raises NotFoundError."""
        ...

    def set_secret(self, vault: str, name: str, value: str, project: str = "") -> Item:
        """Keep a secret in a vault, which is made when there is none of that name. Raises UserError."""
        ...


class EmptyShelves:
    """A library that keeps nothing."""

    def items(self, kind: ItemKind | None = None, project: str | None = None) -> Sequence[Item]:
        """Nothing."""
        del kind, project
        return ()

    def item(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """Raises NotFoundError."""
        del kind, project
        raise _nothing(name)

    def add(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Raises NotFoundError."""
        del kind, edit, project
        raise _nothing(name)

    def change(self, kind: ItemKind, name: str, edit: Edit, project: str = "") -> Item:
        """Raises NotFoundError."""
        del kind, edit, project
        raise _nothing(name)

    def remove(self, kind: ItemKind, name: str, project: str = "") -> Item:
        """Raises NotFoundError."""
        del kind, project
        raise _nothing(name)

    def permit(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """Raises NotFoundError."""
        del kind, pipeline, project
        raise _nothing(name)

    def revoke(self, kind: ItemKind, name: str, pipeline: str, project: str = "") -> None:
        """Raises NotFoundError."""
        del kind, pipeline, project
        raise _nothing(name)

    def open_to_all(self, kind: ItemKind, name: str, project: str = "", *, opened: bool = True) -> Item:
        """Raises NotFoundError."""
        del kind, project, opened
        raise _nothing(name)

    def set_secret(self, vault: str, name: str, value: str, project: str = "") -> Item:
        """Raises NotFoundError."""
        del name, value, project
        raise _nothing(vault)


def _nothing(name: str) -> NotFoundError:
    return NotFoundError(f"there is no {name!r}", hint="this server keeps no library")


class Shelf(Struct, frozen=True):
    """One kind of what the library keeps, as addresses and pages call it."""

    kind: ItemKind
    path: str
    """In addresses: `variable-groups`."""
    one: str
    many: str
    values: str
    """What its values are called."""


SHELVES = (
    Shelf(ItemKind.VARIABLE_GROUP, "variable-groups", "Variable group", "Variable groups", "Variables"),
    Shelf(ItemKind.SECURE_FILE, "secure-files", "Secure file", "Secure files", ""),
    Shelf(ItemKind.SERVICE_CONNECTION, "connections", "Service connection", "Service connections", "Parameters"),
    Shelf(ItemKind.KEY_VAULT, "vaults", "Key vault", "Key vaults", "Secrets"),
)


def shelf(path: str) -> Shelf:
    """The kind of that address. Raises NotFoundError."""
    for each in SHELVES:
        if each.path == path:
            return each
    raise NotFoundError("there is no such part of the library", hint="the Library's page shows all of them")


def shelf_of(kind: ItemKind) -> Shelf:
    """The shelf of a kind."""
    return next(each for each in SHELVES if each.kind is kind)
