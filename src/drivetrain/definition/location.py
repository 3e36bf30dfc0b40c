"""`path@alias` to a repository and a path in it.

https://learn.microsoft.com/azure/devops/pipelines/process/templates#paths-to-files-in-another-repository
"""

from __future__ import annotations

from msgspec import Struct

from drivetrain.errors import UserError

SELF = "self"


class Location(Struct, frozen=True):
    """A file in a repository; an empty alias is the pipeline's own."""

    path: str
    """From the top of the repository, with forward slashes."""
    alias: str = ""

    def __str__(self) -> str:
        return f"{self.path}@{self.alias}" if self.alias else self.path


def resolve(reference: str, origin: Location) -> Location:
    """Where a template is that a file includes. Raises UserError.

    A path is relative to the file that names it, or to the top of the repository when it begins with `/` or lies in
    another repository. Both kinds of slash are read. `@self` is the repository of the pipeline.
    """
    name, at, alias = reference.replace("\\", "/").partition("@")
    where = origin.alias if not at else "" if alias.strip().lower() == SELF else alias.strip()
    if not name.startswith("/"):
        same = where.lower() == origin.alias.lower()
        name = f"/{origin.path.rpartition('/')[0]}/{name}" if same else f"/{name}"
    return Location(_normal(name, reference), where)


def _normal(path: str, reference: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise UserError(f"The file path {path} is invalid", hint="it lies outside of its repository")
            parts.pop()
        elif part and part != ".":
            parts.append(part)
    if not parts:
        raise UserError(f"'{reference}' does not name a template file")
    return "/".join(parts)
