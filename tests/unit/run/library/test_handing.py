"""What of the library a job gets: what its steps name, by names that may hold macros, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.lang.macros import expand_macros
from drivetrain.plan.model import ResourceKind, ResourceUse, StepPlan
from drivetrain.run.checks.model import OPEN
from drivetrain.run.library.gate import PermissionGates
from drivetrain.run.library.handing import Hand, refuse_unpermitted, vault_key
from drivetrain.run.library.model import Connection, ItemKind, KeyVault, SecureFile, VariableGroup
from drivetrain.run.library.vault_secrets import chosen, single_line
from drivetrain.run.model import JobSecrets
from tests.contracts.memory_library import MemoryLibrary
from tests.unit.run.library.runs import RUN, plan_with

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import Run

CONNECTION, FILE, VAULT = ItemKind.SERVICE_CONNECTION, ItemKind.SECURE_FILE, ItemKind.KEY_VAULT


def connection(name: str, project: str = "") -> Connection:
    return Connection(f"id-{name}", name, "azurerm", "https://a", "Token", {"apitoken": f"t-{name}"}, project=project)


def library() -> MemoryLibrary:
    made = MemoryLibrary()
    made.put("", CONNECTION, connection("home"))
    made.put("shop", CONNECTION, connection("own", "shop"))
    made.put("", FILE, SecureFile("id-f", "cert", "ticket"))
    made.put("", VAULT, KeyVault("home-kv", {"a": "1"}))
    made.put("shop", VAULT, KeyVault("shop-kv", {"b": "2"}, "shop"))
    return made


def hand(project: str = "shop", **variables: str) -> Hand:
    return Hand(library(), project, lambda text: expand_macros(text, variables.get))


def use(kind: ResourceKind, name: str) -> ResourceUse:
    return ResourceUse(kind, name)


def key_vault(subscription: str, vault: str, task: str = "AzureKeyVault@2") -> StepPlan:
    return StepPlan("kv", "kv", task, {"ConnectedServiceName": subscription, "KeyVaultName": vault})


def test_what_is_named_is_handed_over_by_the_name_that_macros_come_to() -> None:
    uses = [
        use(ResourceKind.SERVICE_CONNECTION, "$(sub)"),
        use(ResourceKind.SECURE_FILE, "Cert"),
        use(ResourceKind.SECURE_FILE, "gone"),
    ]
    found = hand(sub="Home").over([], uses)
    assert set(found.connections) == {"Home"}
    assert set(found.secure_files) == {"Cert"}


@pytest.mark.parametrize(
    ("subscription", "vault", "opened"),
    [("home", "home-kv", True), ("home", "shop-kv", True), ("own", "shop-kv", True), ("own", "home-kv", False)],
)
def test_a_connection_opens_the_vaults_of_where_it_is_kept(subscription: str, vault: str, *, opened: bool) -> None:
    uses = [use(ResourceKind.SERVICE_CONNECTION, subscription)]
    found = hand().over([key_vault(subscription, vault.upper())], uses)
    assert (vault_key(subscription, vault) in found.vaults) == opened


def test_a_vault_is_handed_only_to_who_asks_for_it_through_a_connection_that_he_has() -> None:
    uses = [use(ResourceKind.SERVICE_CONNECTION, "home")]
    assert not hand().over([key_vault("home", "home-kv", "Bash@3")], uses).vaults
    assert not hand().over([key_vault("other", "home-kv")], uses).vaults
    assert hand().over([key_vault("$(s)", "$(v)")], uses).vaults == {}
    assert hand(s="home", v="home-kv").over([key_vault("$(s)", "$(v)", "azurekeyvault@2.241.0")], uses).vaults


def test_who_has_no_permission_is_told_the_command_that_gives_it() -> None:
    uses = [use(ResourceKind.SERVICE_CONNECTION, "home")]
    with pytest.raises(UserError, match="needs permission to use the service connection 'home'") as caught:
        refuse_unpermitted(library(), "shop", "shop", uses)
    assert "`drivetrain connection permit 'home' 'shop'`" in caught.value.hint


def test_secrets_of_connections_are_hidden_and_those_of_vaults_only_once_they_are_asked_for() -> None:
    made = Connection("i", "n", "t", "u", "s", {"user": "ada", "pw": "hunter2"}, secret=frozenset({"pw"}))
    secrets = JobSecrets({"v": "var"}, {"e": "env"}, ("mask",), {"n": made}, vaults={"kv": {"a": "later"}})
    assert set(secrets.hidden()) == {"var", "env", "mask", "hunter2"}


@pytest.mark.parametrize(
    ("pattern", "found", "missing"),
    [
        ("*", {"Db": "1", "api": "2"}, []),
        ("", {"Db": "1", "api": "2"}, []),
        (" db , API ", {"db": "1", "API": "2"}, []),
        ("db,none", {"db": "1"}, ["none"]),
        ("db/0123", {}, ["db/0123"]),
        ("*,db", {"db": "1"}, ["*"]),
    ],
)
def test_a_filter_names_secrets_in_any_case(pattern: str, found: dict[str, str], missing: list[str]) -> None:
    assert chosen({"Db": "1", "api": "2"}, pattern) == (found, missing)


@pytest.mark.parametrize(
    ("value", "flat"),
    [
        ('{\n "a": [1, "ü"]\n}', '{"a":[1,"ü"]}'),
        ("[1,\n2]", "[1,2]"),
        ("two\nlines", "two\nlines"),
        ('{ "a": 1 }', '{ "a": 1 }'),
        ("1\n", "1\n"),
    ],
)
def test_json_of_several_lines_is_put_on_one(value: str, flat: str) -> None:
    assert single_line(value) == flat


class Looked:
    """Checks that have passed, and note that they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        del run, plan, attempt
        self.asked.append(stage.name)
        return OPEN

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """Nothing is held."""


def test_a_stage_waits_for_permission_before_its_checks_and_never_again_once_it_was_let_in() -> None:
    made = MemoryLibrary()
    made.put("shop", ItemKind.VARIABLE_GROUP, VariableGroup("prod"))
    checks, decided = Looked(), [False]
    gates = PermissionGates(made, checks, lambda *_: decided[0])
    plan = plan_with(use(ResourceKind.VARIABLE_GROUP, "prod"))
    run = replace(RUN, project="shop", project_id=1)
    gate = gates.look(run, plan, plan.stages[0], 1)
    assert not gate.open
    assert gate.result is None
    assert gate.reason.startswith(
        "This pipeline needs permission to use the variable group 'prod': `drivetrain variable-"
    )
    assert not checks.asked
    made.permit("shop", ItemKind.VARIABLE_GROUP, "prod", "shop")
    assert gates.look(run, plan, plan.stages[0], 1).open
    made.permits.clear()
    decided[0] = True
    assert gates.look(run, plan, plan.stages[0], 1).open
    assert checks.asked == ["Build", "Build"]
