"""A pipeline file of this machine as lint, expand and plan see it: its text, its templates, other repositories."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from drivetrain.definition.read import DEFAULT_FILE, decoded
from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.home import Home
from drivetrain.source.trees import FolderTree, top_of
from drivetrain.wire.repositories import LocalFolder, Repositories
from drivetrain.wire.template_files import PipelineFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDARD_INPUT = "-"

repository_option = click.option(
    "--repository",
    "repositories",
    multiple=True,
    metavar="ALIAS=PATH[@REF]",
    help="A folder of this machine for a repository that the pipeline names: as it stands, or at a ref.",
)


class PipelineSource(NamedTuple):
    """A pipeline file and what it may be made of."""

    name: str
    """As the user named it; `-` is standard input."""
    text: str
    path: str
    """Its place in its repository."""
    files: PipelineFiles

    def text_of(self, name: str) -> str:
        """The text of a file by what positions call it, empty when it was not read."""
        if name == self.name:
            return self.text
        # The templates of this repository are shown as they lie from here: a folder may stand before their path.
        found = (text for path, text in self.files.texts.items() if name == path or name.endswith(f"/{path}"))
        return next(found, "")


def open_source(file: str, repositories: Repositories) -> PipelineSource:
    """Read a pipeline file, `-` for standard input. Raises NotFoundError, UserError, DefinitionError."""
    folder = Path.cwd() if file == STANDARD_INPUT else Path(file).parent
    top = top_of(folder)
    place = folder.resolve().relative_to(top) / (STANDARD_INPUT if file == STANDARD_INPUT else Path(file).name)
    return PipelineSource(file, read_text(file), place.as_posix(), PipelineFiles(FolderTree(top), repositories))


def named_repositories(entries: Sequence[str]) -> Repositories:
    """The repositories as `--repository` says. Raises UserError."""
    return Repositories(Home.default, folders(entries))


def folders(entries: Sequence[str]) -> dict[str, LocalFolder]:
    """`alias=PATH[@REF]` options. A folder with an @ in its name comes before a ref. Raises UserError."""
    found = {}
    for entry in entries:
        alias, equals, place = entry.partition("=")
        if not alias or not equals or not place:
            raise UserError(
                f"--repository {entry!r} is not ALIAS=PATH", hint="write --repository templates=../templates"
            )
        found[alias] = _folder(entry, place)
    return found


def _folder(entry: str, place: str) -> LocalFolder:
    end = len(place)
    while end > 0:
        path = Path(place[:end]).expanduser().absolute()
        if path.is_dir():
            return LocalFolder(path, place[end + 1 :])
        end = place.rfind("@", 0, end)
    raise UserError(
        f"--repository {entry!r}: there is no such folder", hint="clone the repository, and name its folder"
    )


def read_text(file: str) -> str:
    """The text of a file, `-` for standard input. Raises NotFoundError, UserError, DefinitionError."""
    try:
        if file == STANDARD_INPUT:
            return decoded(sys.stdin.buffer.read(), file)
        return decoded(Path(file).read_bytes(), file)
    except FileNotFoundError as error:
        raise NotFoundError(f"{file} does not exist") from error
    except IsADirectoryError as error:
        raise UserError(f"{file} is a folder", hint=f"name a file in it, such as {file}/{DEFAULT_FILE}") from error
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read: {error.strerror}") from error
