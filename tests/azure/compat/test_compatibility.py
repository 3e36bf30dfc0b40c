"""Every verb with every version of its client, read back through another client."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.azure.compat.interpreters import Interpreter
from tests.azure.compat.verbs import MODULES, VERSIONS, Verb, verbs
from tests.azure.conftest import python_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.azure.conftest import Served

PAGE = Path(__file__).parents[3] / "docs" / "azure" / "compatibility.md"
CASES = [
    pytest.param(verb, version, id=f"{version}-{verb.name}") for verb in verbs() for version in VERSIONS[verb.client]
]


@pytest.fixture(scope="module")
def interpreter(served: Served) -> Iterator[Callable[[str], Interpreter]]:
    started: dict[str, Interpreter] = {}

    def of(name: str) -> Interpreter:
        if name not in started:
            environment = served.environment()
            pages = {"DRIVETRAIN_URL": served.info.url, "DRIVETRAIN_TOKEN": served.owner_token}
            started[name] = Interpreter(python_of(name), MODULES[name], {**environment, **pages})
        return started[name]

    yield of
    for each in started.values():
        each.close()


@pytest.mark.parametrize(("verb", "version"), CASES)
def test_a_verb(verb: Verb, version: str, interpreter: Callable[[str], Interpreter], tmp_path: Path) -> None:
    word, why = verb.known(version)
    done = interpreter(version).run(verb.act, [f"{verb.name}-{version}".replace("_", "-")], tmp_path)
    if word == "not":
        assert done.status, f"{verb.name} works with {version}, but known.json says: {why}"
        return
    assert done.status == 0, done.output[-6000:]
    other, check = verb.check
    told = interpreter(other).run(check, [json.dumps(done.document)], tmp_path)
    assert told.status == 0, f"{json.dumps(done.document)}\n{told.output[-6000:]}"


@pytest.mark.skipif(not os.environ.get("CI"), reason="the page is written by scripts/azure_compatibility")
def test_the_page_has_every_verb() -> None:
    page = PAGE.read_text("utf-8")
    assert [verb.title for verb in verbs() if verb.title not in page] == []
