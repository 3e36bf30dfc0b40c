"""What a pull request from a fork gets of the library: nothing that is secret."""

from __future__ import annotations

import pytest

from drivetrain.errors import NotFoundError
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.run.library.model import Connection, GroupVariable, ItemKind, KeyVault, SecureFile, VariableGroup
from drivetrain.run.library.withheld import Withheld
from tests.contracts.memory_library import MemoryLibrary


@pytest.fixture
def library() -> Withheld:
    made = MemoryLibrary()
    variables = {"plain": GroupVariable("here"), "password": GroupVariable("hush-hush", secret=True)}
    made.put("churn", ItemKind.VARIABLE_GROUP, VariableGroup("keys", variables))
    made.put("churn", ItemKind.SERVICE_CONNECTION, Connection("1", "azure", "azurerm", "https://x", "Token"))
    made.put("churn", ItemKind.SECURE_FILE, SecureFile("2", "key.pem", "ticket"))
    made.put("churn", ItemKind.KEY_VAULT, KeyVault("vault", {"secret": "hush-hush"}))
    return Withheld(made)


def test_of_a_group_what_is_no_secret_is_there(library: Withheld) -> None:
    assert library.group("churn", "keys").variables == {"plain": GroupVariable("here")}


def test_connections_files_and_vaults_are_not_given(library: Withheld) -> None:
    for take, name in ((library.connection, "azure"), (library.secure_file, "key.pem"), (library.vault, "vault")):
        with pytest.raises(NotFoundError, match="is not given to a pull request from a fork") as raised:
            take("churn", name)
        assert "System.PullRequest.IsFork" in raised.value.hint


def test_what_is_missing_and_not_permitted_is_told_as_ever(library: Withheld) -> None:
    uses = [ResourceUse(ResourceKind.SERVICE_CONNECTION, name, "") for name in ("azure", "other")]
    assert [use.name for use in library.missing("churn", uses)] == ["other"]
    assert [use.name for use in library.unpermitted("churn", "churn", uses)] == ["azure"]
