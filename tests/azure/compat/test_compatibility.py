"""Every verb with every version of its client, read back through another client."""

from __future__ import annotations

import json
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from drivetrain.source.git import environment, git
from drivetrain.wire.demo import AUTHOR
from tests.azure.compat.interpreters import Interpreter
from tests.azure.compat.verbs import MODULES, VERSIONS, Verb, verbs
from tests.azure.conftest import SUBSCRIPTION, python_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.azure.conftest import Served

PAGE = Path(__file__).parents[3] / "docs" / "azure" / "compatibility.md"
CASES = [
    pytest.param(verb, version, id=f"{version}-{verb.name}") for verb in verbs() for version in VERSIONS[verb.client]
]


PROJECT = "compat"
PIPELINE = """
trigger: none
steps:
- bash: mkdir words && echo hello > words/hello.txt
- publish: words
  artifact: words
"""
WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/compat/providers/Microsoft.MachineLearningServices/workspaces/compat"
)


@pytest.fixture(scope="module")
def project(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A project of the home, with one pipeline."""
    folder = tmp_path_factory.mktemp("compat") / "repository"
    folder.mkdir()
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    git(["init", "--quiet", "--initial-branch=main"], cwd=folder)
    git(["add", "--all"], cwd=folder)
    git(["commit", "--quiet", "--message=First"], cwd=folder, env=environment(AUTHOR))
    served.cli("project", "add", str(folder), "--name", PROJECT, "--yes")
    return PROJECT


@pytest.fixture(scope="module")
def account(served: Served) -> str:
    """The storage account of the workspace that all scripts name."""
    with httpx.Client(base_url=served.address, verify=ssl.create_default_context(cafile=served.bundle)) as edge:
        shown = {"X-IDENTITY-HEADER": served.owner_token}
        token = edge.get("/msi/token", params={"resource": "https://management.azure.com/"}, headers=shown).json()
        signed = {"Authorization": f"Bearer {token['access_token']}"}
        found = edge.get(WORKSPACE, params={"api-version": "2024-10-01"}, headers=signed).json()
    return str(found["properties"]["storageAccount"]).rpartition("/")[2]


@pytest.fixture(scope="module")
def interpreter(served: Served, project: str, account: str) -> Iterator[Callable[[str], Interpreter]]:
    """Starts each version of a client once, when a verb first needs it."""
    started: dict[str, Interpreter] = {}

    def of(name: str) -> Interpreter:
        if name not in started:
            own = {"DRIVETRAIN_URL": served.info.url, "DRIVETRAIN_TOKEN": served.owner_token}
            own |= {"COMPAT_ACCOUNT": account, "COMPAT_PROJECT": project}
            started[name] = Interpreter(python_of(name), MODULES[name], {**served.environment(), **own})
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
        return note(verb, version)
    assert done.status == 0, done.output[-6000:]
    other, check = verb.check
    told = interpreter(other).run(check, [json.dumps(done.document)], tmp_path)
    assert told.status == 0, f"{json.dumps(done.document)}\n{told.output[-6000:]}"
    return note(verb, version)


def note(verb: Verb, version: str) -> None:
    """Tell scripts/azure_compatibility, when it asks."""
    if path := os.environ.get("COMPAT_RESULTS"):
        with Path(path).open("a", encoding="utf-8") as results:
            results.write(json.dumps([verb.client, verb.name, version]) + "\n")


@pytest.mark.skipif(not os.environ.get("CI"), reason="the page is written by scripts/azure_compatibility")
def test_the_page_has_every_verb() -> None:
    page = PAGE.read_text("utf-8")
    assert [verb.title for verb in verbs() if verb.title not in page] == []
