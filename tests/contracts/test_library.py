"""What the engine may rely on of a library, held by the one in SQLite and by one in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.run.library.model import (
    Connection,
    Edit,
    GroupVariable,
    ItemKind,
    KeyVault,
    SecureFile,
    VariableGroup,
)
from drivetrain.source.model import Project
from drivetrain.wire.storage import Storage
from tests.contracts.memory_library import MemoryLibrary

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.library.ports import Library

GROUP, CONNECTION = ItemKind.VARIABLE_GROUP, ItemKind.SERVICE_CONNECTION
FILE, VAULT = ItemKind.SECURE_FILE, ItemKind.KEY_VAULT


class Keeper(Protocol):
    """Fills a library."""

    library: Library

    def group(self, project: str, name: str, plain: dict[str, str], secret: dict[str, str]) -> None: ...
    def connection(self, project: str, name: str) -> None: ...
    def file(self, project: str, name: str) -> None: ...
    def vault(self, project: str, name: str, secrets: dict[str, str]) -> None: ...
    def permit(self, project: str, kind: ItemKind, name: str, pipeline: str | None) -> None: ...


class InMemory:
    def __init__(self, _: Path) -> None:
        self.library = MemoryLibrary()

    def group(self, project: str, name: str, plain: dict[str, str], secret: dict[str, str]) -> None:
        variables = {key: GroupVariable(value) for key, value in plain.items()}
        variables |= {key: GroupVariable(value, secret=True) for key, value in secret.items()}
        self.library.put(project, GROUP, VariableGroup(name, variables))

    def connection(self, project: str, name: str) -> None:
        made = Connection("c0", name, "generic", "https://a", "Token", {"apitoken": "t0ken"}, {"a": "b"})
        self.library.put(project, CONNECTION, made)

    def file(self, project: str, name: str) -> None:
        self.library.put(project, FILE, SecureFile("f0", name, "ticket"))

    def vault(self, project: str, name: str, secrets: dict[str, str]) -> None:
        self.library.put(project, VAULT, KeyVault(name, secrets, project))

    def permit(self, project: str, kind: ItemKind, name: str, pipeline: str | None) -> None:
        self.library.permit(project, kind, name, pipeline)


class InSqlite:
    def __init__(self, folder: Path) -> None:
        storage = Storage(Home(folder))
        storage.projects.add(Project(0, "shop", "/shop.git", "main"), {})
        self.library = storage.library

    def group(self, project: str, name: str, plain: dict[str, str], secret: dict[str, str]) -> None:
        self.library.add(GROUP, name, Edit(plain=plain, secret=secret), project=project)

    def connection(self, project: str, name: str) -> None:
        data: dict[str, str | None] = {"type": "generic", "scheme": "Token", "url": "https://a", "data.a": "b"}
        self.library.add(CONNECTION, name, Edit(data=data, secret={"apitoken": "t0ken"}), project=project)

    def file(self, project: str, name: str) -> None:
        self.library.add(FILE, name, Edit(content=b"x"), project=project)

    def vault(self, project: str, name: str, secrets: dict[str, str]) -> None:
        self.library.add(VAULT, name, Edit(secret=secrets), project=project)

    def permit(self, project: str, kind: ItemKind, name: str, pipeline: str | None) -> None:
        if pipeline is None:
            self.library.change(kind, name, Edit(open=True), project=project)
        else:
            self.library.permit(kind, name, pipeline, project=project)


@pytest.fixture(params=[InMemory, InSqlite])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> Keeper:
    made: Keeper = request.param(tmp_path)
    return made


def test_a_group_is_opened_with_its_secrets_told_apart(keeper: Keeper) -> None:
    keeper.group("", "Prod", {"Region": "west"}, {"password": "hunter2"})
    group = keeper.library.group("", "PROD")
    assert group.name == "Prod"
    assert dict(group.variables) == {
        "Region": GroupVariable("west"),
        "password": GroupVariable("hunter2", secret=True),
    }


def test_a_project_has_its_own_first_and_then_what_the_home_has(keeper: Keeper) -> None:
    keeper.group("", "both", {"a": "home"}, {})
    keeper.group("shop", "both", {"a": "shop"}, {})
    keeper.group("", "home", {"a": "home"}, {})
    assert keeper.library.group("shop", "both").variables["a"].value == "shop"
    assert keeper.library.group("shop", "home").variables["a"].value == "home"
    assert keeper.library.group("", "both").variables["a"].value == "home"


def test_the_home_has_nothing_of_a_project(keeper: Keeper) -> None:
    keeper.group("shop", "keys", {}, {})
    with pytest.raises(NotFoundError, match="no variable group 'keys'"):
        keeper.library.group("", "keys")


def test_a_connection_is_found_by_name_and_by_id(keeper: Keeper) -> None:
    keeper.connection("shop", "Sub")
    found = keeper.library.connection("shop", "sub")
    assert (found.type, found.scheme, found.parameters["apitoken"], found.data) == (
        "generic",
        "Token",
        "t0ken",
        {"a": "b"},
    )
    assert keeper.library.connection("shop", found.id.upper()) == found


def test_a_secure_file_has_a_ticket_and_is_found_by_id(keeper: Keeper) -> None:
    keeper.file("", "cert.pem")
    file = keeper.library.secure_file("shop", "Cert.PEM")
    assert file.ticket
    assert "/" not in file.ticket
    assert keeper.library.secure_file("", file.id) == file


def test_a_vault_says_whose_it_is(keeper: Keeper) -> None:
    keeper.vault("shop", "kv", {"db-password": "x"})
    vault = keeper.library.vault("shop", "KV")
    assert (vault.name, dict(vault.secrets), vault.project) == ("kv", {"db-password": "x"}, "shop")


@pytest.mark.parametrize("ask", ["group", "connection", "secure_file", "vault"])
def test_what_is_not_there_is_said_with_the_command_that_makes_it(keeper: Keeper, ask: str) -> None:
    with pytest.raises(NotFoundError, match=r"there is no [a-z ]+ 'none'") as caught:
        getattr(keeper.library, ask)("shop", "none")
    assert "drivetrain " in caught.value.hint
    assert "--project 'shop'" in caught.value.hint


def test_what_is_missing_is_told_of_all_kinds_but_environments(keeper: Keeper) -> None:
    keeper.group("", "there", {}, {})
    uses = [
        ResourceUse(ResourceKind.VARIABLE_GROUP, "There"),
        ResourceUse(ResourceKind.VARIABLE_GROUP, "gone", "f.yml:1:1"),
        ResourceUse(ResourceKind.ENVIRONMENT, "gone"),
        ResourceUse(ResourceKind.SECURE_FILE, "gone"),
    ]
    assert list(keeper.library.missing("shop", uses)) == [uses[1], uses[3]]


def test_a_pipeline_needs_a_permit_unless_all_may_use_it(keeper: Keeper) -> None:
    keeper.group("", "closed", {}, {})
    keeper.group("", "permitted", {}, {})
    keeper.group("shop", "open", {}, {})
    keeper.permit("", GROUP, "permitted", "shop")
    keeper.permit("shop", GROUP, "open", None)
    names = ("closed", "permitted", "open", "missing")
    uses = [ResourceUse(ResourceKind.VARIABLE_GROUP, name) for name in names]
    uses.append(ResourceUse(ResourceKind.ENVIRONMENT, "closed"))
    assert [use.name for use in keeper.library.unpermitted("shop", "shop", uses)] == ["closed"]
    assert [use.name for use in keeper.library.unpermitted("shop", "other", uses)] == ["closed", "permitted"]


def test_a_permit_for_the_homes_does_not_open_the_projects(keeper: Keeper) -> None:
    keeper.group("", "keys", {}, {})
    keeper.group("shop", "keys", {}, {})
    keeper.permit("", GROUP, "keys", "shop")
    uses = [ResourceUse(ResourceKind.VARIABLE_GROUP, "keys")]
    assert keeper.library.unpermitted("shop", "shop", uses) == uses
