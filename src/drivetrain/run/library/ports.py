"""What the engine asks of the library when it makes a job ready (contract: tests/contracts/test_library.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.errors import NotFoundError

if TYPE_CHECKING:
    from drivetrain.run.library.model import Connection, SecureFile, VariableGroup


class Library(Protocol):
    """Opens what a job may use. Names are compared ignoring case. Any thread may call it."""

    def group(self, project: str, name: str) -> VariableGroup:
        """A variable group with its values. Raises NotFoundError."""
        ...

    def connection(self, project: str, name: str) -> Connection:
        """A service connection, by name or id. Raises NotFoundError."""
        ...

    def secure_file(self, project: str, name: str) -> SecureFile:
        """A secure file, by name or id. Raises NotFoundError."""
        ...


class EmptyLibrary:
    """A library without anything in it."""

    def group(self, project: str, name: str) -> VariableGroup:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is no variable group '{name}'", hint=_hint("variable-group", project))

    def connection(self, project: str, name: str) -> Connection:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is no service connection '{name}'", hint=_hint("connection", project))

    def secure_file(self, project: str, name: str) -> SecureFile:
        """Raises NotFoundError."""
        raise NotFoundError(f"there is no secure file '{name}'", hint=_hint("secure-file", project))


def _hint(command: str, project: str) -> str:
    return f"drivetrain {command} --help says how to add one{f' to project {project}' if project else ''}"
