"""The real `az`, signed in without anybody at the keyboard: by secret, federated token and managed identity."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.wire.storage import Storage
from tests.azure.conftest import COMMAND, PATIENCE, SUBSCRIPTION, Served, python_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIPELINE = """\
trigger: none
steps:
- task: AzureCLI@2
  inputs:
    azureSubscription: by-secret
    scriptType: bash
    scriptLocation: inlineScript
    addSpnToEnvironment: true
    inlineScript: |
      echo "second $(az account show --query '[id, user.type]' -o tsv | tr '\\n' ' ')"
      echo "key ${#servicePrincipalKey} of $tenantId"
- task: AzureCLI@1
  inputs:
    azureSubscription: federated
    scriptLocation: inlineScript
    addSpnToEnvironment: true
    inlineScript: |
      az group show -n anything --query name -o tsv
      echo "parts of the token: $(echo "$idToken" | tr . '\\n' | wc -l)"
"""


def az(served: Served, *words: str, folder: Path, fails: bool = False, **more: str) -> Any:
    """What `az` says as JSON; its words on standard error where it is to fail."""
    program = python_of("cli").with_name("az")
    environment = {**served.environment(), "AZURE_CONFIG_DIR": str(folder), **more}
    done = subprocess.run(
        [program, *words, "-o", "json"], env=environment, capture_output=True, text=True, check=False,
        timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode != 0) is fails, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr if fails else json.loads(done.stdout or "null")


@pytest.fixture
def application(served: Served) -> dict[str, str]:
    """A connection that leads here, and names a subscription."""
    words = (
        "connection",
        "add",
        "by-secret",
        "--type",
        "azurerm",
        "--data",
        f"subscriptionId={SUBSCRIPTION}",
        "--open",
    )
    served.cli(*words, status=None)
    return dict(Storage(served.home).library.connection("", "by-secret").parameters)


def test_az_signs_in_by_secret_and_out_again(served: Served, application: dict[str, str], tmp_path: Path) -> None:
    signing = ("login", "--service-principal", "-u", application["serviceprincipalid"])
    given = (*signing, "--tenant", application["tenantid"])
    refused = az(served, *given, "-p", "wrong", folder=tmp_path, fails=True)
    assert "AADSTS7000215: Invalid client secret provided" in refused
    accounts = az(served, *given, "-p", application["serviceprincipalkey"], folder=tmp_path)
    assert (SUBSCRIPTION, application["tenantid"]) in [(each["id"], each["tenantId"]) for each in accounts]
    assert az(served, "account", "show", folder=tmp_path)["user"]["name"] == application["serviceprincipalid"]
    for resource in ("https://ml.azure.com", "https://storage.azure.com"):
        token = az(served, "account", "get-access-token", "--resource", resource, folder=tmp_path)
        assert token["tenant"] == application["tenantid"]
        assert token["accessToken"].count(".") == 2
    assert az(served, "group", "exists", "-n", "any", folder=tmp_path) is True
    az(served, "logout", folder=tmp_path)
    assert "az login" in az(served, "account", "show", folder=tmp_path, fails=True)


def test_az_signs_in_by_managed_identity(served: Served, tmp_path: Path) -> None:
    (account,) = az(served, "login", "--identity", folder=tmp_path)[:1]
    assert account["user"]["assignedIdentityInfo"] == "MSI"
    said = az(
        served, "account", "get-access-token", "--scope", "https://management.azure.com//.default", folder=tmp_path
    )
    assert said["accessToken"].count(".") == 2


@pytest.fixture
def run_pipeline(tmp_path: Path) -> Callable[[Path], str]:
    """Runs the pipeline above in a home, with the real `az` on PATH; the log."""

    def run(home: Path) -> str:
        folder = tmp_path / "project"
        folder.mkdir()
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        (folder / "azure-pipelines.yml").write_text(PIPELINE)
        path = f"{python_of('cli').parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "DRIVETRAIN_HOME": str(home), "PATH": path}
        for words in (["by-secret", "--data", f"subscriptionId={SUBSCRIPTION}"], ["federated", "--scheme", _FEDERATED]):
            add: list[str | Path] = [COMMAND, "connection", "add", "--type", "azurerm", "--open", *words]
            subprocess.run(add, env=environment, check=False, capture_output=True, timeout=PATIENCE)
        done = subprocess.run(
            [COMMAND, "run"], env=environment, cwd=folder, capture_output=True, text=True, check=False,
            timeout=PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


_FEDERATED = "WorkloadIdentityFederation"


def _check(log: str) -> None:
    assert f"second {SUBSCRIPTION} servicePrincipal" in log
    assert "key 43 of " in log
    assert "anything" in log
    assert "parts of the token: 3" in log


def test_steps_sign_in_where_no_server_runs(run_pipeline: Callable[[Path], str], tmp_path: Path) -> None:
    _check(run_pipeline(tmp_path / "home"))


def test_steps_sign_in_at_the_server(served: Served, run_pipeline: Callable[[Path], str]) -> None:
    _check(run_pipeline(served.home.root))


def test_a_terminal_is_signed_in_and_the_users_own_login_untouched(served: Served, tmp_path: Path) -> None:
    poisoned = tmp_path / ".azure"
    poisoned.mkdir()
    (poisoned / "azureProfile.json").write_text('{"subscriptions": [{"id": "poison", "name": "poison"}]}')
    (poisoned / "config").write_text("[cloud]\nname = poison\n")
    before = {path.name: path.read_bytes() for path in poisoned.iterdir()}
    path = f"{python_of('cli').parent}{os.pathsep}{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "ARM_", "IDENTITY_"))}
    environment = {**clean, "HOME": str(tmp_path), "DRIVETRAIN_HOME": str(served.home.root), "PATH": path}
    script = (
        'set -e; eval "$(drivetrain az-env)"; az account show --query user.assignedIdentityInfo -o tsv; '
        "drivetrain exec -- sh -c 'echo \"$AZURE_CONFIG_DIR\"'; "
        'eval "$(drivetrain az-env --unset)"; echo "after [$AZURE_CONFIG_DIR$IDENTITY_HEADER]"'
    )
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "MSI",
        str(served.home.azure / "terminal" / str(served.info.azure_port)),
        "after []",
    ]
    assert {path.name: path.read_bytes() for path in poisoned.iterdir()} == before
