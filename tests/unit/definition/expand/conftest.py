"""What the tests of expansion share: files in memory, and a pipeline's expansion as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import Struct, field

from drivetrain.definition.expand import expand
from drivetrain.definition.problems import Problems
from drivetrain.definition.scope import Scope
from drivetrain.errors import NotFoundError
from drivetrain.lang.tree import Mapping
from drivetrain.lang.values import Caseless
from drivetrain.lang.yaml import read, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.definition.model import RepositoryResource
    from drivetrain.lang.values import Value


class Files:
    """Files by `path`, or `path@alias`; what was asked for is noted."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.asked: list[RepositoryResource | None] = []

    def read(self, path: str, repository: RepositoryResource | None) -> str:
        self.asked.append(repository)
        name = path if repository is None else f"{path}@{repository.alias}"
        if name not in self.files:
            raise NotFoundError(f"File /{path} not found")
        return self.files[name]


class World(Struct):
    """Expands a pipeline; `text` and `problems` are of the last one."""

    files: Files
    text: str = ""
    problems: list[str] = field(default_factory=list)

    def expand(self, text: str, parameters: dict[str, Value] | None = None) -> str:
        problems = Problems()
        root = read(text, file="pipeline.yml")
        assert isinstance(root, Mapping)
        scope = Scope(Caseless(parameters or {}))
        self.text = write(expand(root, scope, problems, files=self.files).root)
        self.problems = [str(problem).split("\n")[0] for problem in problems.sorted()]
        return self.text

    def clean(self, text: str, parameters: dict[str, Value] | None = None) -> str:
        self.expand(text, parameters)
        assert self.problems == []
        return self.text


@pytest.fixture
def world() -> Callable[..., World]:
    return lambda **files: World(Files({name.replace("__", "."): text for name, text in files.items()}))
