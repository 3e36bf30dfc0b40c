"""AzureCLI@1 and @2 against a program `az` that writes down how it is called: the contract with the real one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.run.job_spec import with_token
from drivetrain.run.library.model import Connection
from drivetrain.run.tasks.azure.script import split_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.run.runner.job_runs import JobRun

Make = Any
AZ = """\
#!PYTHON -IS
import json, os, sys
arguments = sys.argv[1:]
read = {}
for argument in arguments:
    path = argument.partition("=")[2] or argument
    if path.startswith("@") or path.endswith(".pem"):
        read[argument.partition("=")[0]] = open(path.lstrip("@")).read()
names = ("AZURE_CONFIG_DIR", "AZURESUBSCRIPTION_CLIENT_ID")
call = {"arguments": arguments, "read": read, "environment": {name: os.environ.get(name, "") for name in names}}
with open(os.environ["AZ_CALLS"], "a") as file:
    file.write(json.dumps(call) + "\\n")
if arguments == ["--version"]:
    print("azure-cli                         2.91.0")
if arguments[:1] == ["login"] and os.environ.get("AZ_REFUSES"):
    print("##vso[task.setvariable variable=evil]by az")
    print(os.environ["AZ_REFUSES"], file=sys.stderr)
    sys.exit(1)
""".replace("PYTHON", sys.executable)
KEY = "the key of the principal"
PRINCIPAL = {"serviceprincipalid": "app", "serviceprincipalkey": KEY, "tenantid": "tenant"}
DATA = {"subscriptionId": "sub", "environment": "AzureCloud"}


def connection(scheme: str = "ServicePrincipal", /, data: Mapping[str, str] = DATA, **parameters: str) -> Connection:
    secret = frozenset({"serviceprincipalkey", "idtoken", "serviceprincipalcertificate"}) & parameters.keys()
    return Connection(
        "id-1", "production", "azurerm", "https://management.azure.com/", scheme, parameters, data, secret
    )


@pytest.fixture
def azure(make_job: Make, task: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Runs a step of the task; `calls` of the job are those of `az`."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "az").write_text(AZ)
    (programs / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZ_CALLS", str(tmp_path / "calls"))

    def run(
        inputs: dict[str, str], to: Connection | None = None, *, version: int = 2, where: str = "", **files: str
    ) -> JobRun:
        given = {"azureSubscription": "Production", "scriptLocation": "inlineScript", **inputs}
        if version == 2:
            given = {"scriptType": "bash", **given}
        job: JobRun = make_job(task(f"AzureCLI@{version}", given))
        job.secrets = replace(
            job.secrets, connections={"production": to or connection("ServicePrincipal", DATA, **PRINCIPAL)}
        )
        job.secrets = with_token(job.secrets, "the job's own token")
        if where:
            job.options = {**job.options, "azure": where, "environment": EDGE}
        sources = job.dir / "work" / "s"
        sources.mkdir(parents=True)
        for name, text in files.items():
            (sources / name.replace("_", ".")).write_text(text)
        return job.start().wait()

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Make:
    return lambda: [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]


def test_a_script_runs_signed_in_by_the_principal_and_signed_out_again(azure: Make, calls: Make) -> None:
    job = azure({"inlineScript": "az group list; echo config in $AZURE_CONFIG_DIR; exit 0"})
    made = calls()
    assert job.result == "Succeeded"
    assert [call["arguments"][:2] for call in made] == [
        ["--version"],
        ["cloud", "set"],
        ["login", "--service-principal"],
        ["account", "set"],
        ["group", "list"],
        ["account", "clear"],
    ]
    login = made[2]["arguments"]
    assert login[2:4] == ["-u", "app"]
    assert login[5:] == ["--tenant", "tenant", "--allow-no-subscriptions"]
    assert made[1]["arguments"] == ["cloud", "set", "-n", "AzureCloud"]
    assert made[3]["arguments"] == ["account", "set", "--subscription", "sub"]
    folders = {call["environment"]["AZURE_CONFIG_DIR"] for call in made}
    assert len(folders) == 1
    folder = Path(folders.pop())
    assert folder.parent == job.dir / "temp"
    assert f"Setting AZURE_CONFIG_DIR env variable to: {folder}\n" in job.log()
    assert f"config in {folder}\n" in job.log()


def test_the_key_is_read_by_az_from_a_file_and_is_on_no_command_line(azure: Make, calls: Make) -> None:
    job = azure({"inlineScript": "echo ran"})
    login = calls()[2]
    assert login["read"] == {"--password": KEY}
    assert KEY not in json.dumps([call["arguments"] for call in calls()])
    assert KEY not in job.log()


def test_a_federated_token_signs_in(azure: Make, calls: Make) -> None:
    to = connection("WorkloadIdentityFederation", serviceprincipalid="app", tenantid="tenant", idtoken="a.b.c")
    job = azure({"inlineScript": "echo $idToken $servicePrincipalId $tenantId", "addSpnToEnvironment": "true"}, to)
    login = calls()[2]
    assert login["arguments"][:7] == [
        "login",
        "--service-principal",
        "-u",
        "app",
        "--tenant",
        "tenant",
        "--allow-no-subscriptions",
    ]
    assert login["read"] == {"@" + login["arguments"][8][1:]: "a.b.c"}
    assert login["environment"]["AZURESUBSCRIPTION_CLIENT_ID"] == "app"
    assert "*** app tenant\n" in job.log()


def test_a_managed_identity_signs_in(azure: Make, calls: Make) -> None:
    azure({"inlineScript": "true", "visibleAzLogin": "false"}, connection("ManagedServiceIdentity"))
    assert calls()[2]["arguments"] == ["login", "--identity", "--output", "none"]


def test_a_certificate_is_given_as_a_file(azure: Make, calls: Make) -> None:
    to = connection(
        serviceprincipalid="app", tenantid="t", authenticationType="spnCertificate", servicePrincipalCertificate="PEM"
    )
    azure({"inlineScript": "true"}, to)
    login = next(call for call in calls() if call["arguments"][0] == "login")
    assert login["read"] == {"--certificate": "PEM"}


def test_the_principal_is_in_the_environment_only_where_it_is_asked_for(azure: Make) -> None:
    script = "echo [$servicePrincipalId $tenantId ${#servicePrincipalKey}]"
    assert "[app tenant 24]\n" in azure({"inlineScript": script, "addSpnToEnvironment": "true"}).log()
    assert "[ 0]\n" in azure({"inlineScript": script}).log()


def test_the_global_configuration_is_used_where_it_is_asked_for(azure: Make, calls: Make) -> None:
    azure({"inlineScript": "true", "useGlobalConfig": "true"})
    assert {call["environment"]["AZURE_CONFIG_DIR"] for call in calls()} == {""}


HERE = {"environment": "Drivetrain", "subscriptionId": "sub"}
EDGE = {"ARM_CLOUD_METADATA_URL": "https://127.0.0.1:1/metadata", "REQUESTS_CA_BUNDLE": "/bundle.pem"}


def test_a_connection_that_leads_here_signs_in_by_the_jobs_own_token(azure: Make, calls: Make) -> None:
    script = "echo $ARM_CLOUD_METADATA_URL; echo $servicePrincipalId ${#servicePrincipalKey} $tenantId"
    given = {"inlineScript": script, "addSpnToEnvironment": "true"}
    job = azure(given, connection("ServicePrincipal", HERE, **PRINCIPAL), where="connection")
    assert job.result == "Succeeded"
    assert [call["arguments"][:2] for call in calls()] == [
        ["login", "--service-principal"],
        ["account", "set"],
        ["account", "clear"],
    ]
    assert calls()[0]["read"] == {"--password": "the job's own token"}
    assert "https://127.0.0.1:1/metadata\napp 19 tenant\n" in job.log()


@pytest.mark.parametrize("scheme", ["None", "ManagedServiceIdentity", "ServicePrincipal"])
def test_a_connection_without_an_application_signs_in_by_the_jobs_identity(
    azure: Make, calls: Make, scheme: str
) -> None:
    job = azure({"inlineScript": "true"}, connection(scheme, {"environment": "drivetrain"}), where="connection")
    assert job.result == "Succeeded"
    assert [call["arguments"] for call in calls()] == [["login", "--identity"], ["account", "clear"]]


@pytest.mark.parametrize(
    ("where", "shown"), [("connection", "[ /bundle.pem]"), ("local", "[https://127.0.0.1:1/metadata /bundle.pem]")]
)
def test_a_real_connection_finds_azure_itself_unless_all_is_local(
    azure: Make, calls: Make, where: str, shown: str
) -> None:
    script = "echo [$ARM_CLOUD_METADATA_URL $REQUESTS_CA_BUNDLE]"
    job = azure({"inlineScript": script}, connection("ServicePrincipal", DATA, **PRINCIPAL), where=where)
    assert shown in job.log()
    secret = next(call["read"] for call in calls() if call["arguments"][0] == "login")
    assert secret == {"--password": "the job's own token" if where == "local" else KEY}


def test_a_project_on_azure_itself_refuses_a_connection_that_leads_here(azure: Make) -> None:
    job = azure({"inlineScript": "true"}, connection("None", HERE), where="real")
    assert job.issues("error")[0].startswith("The service connection 'production' leads to this home")
    alone = azure({"inlineScript": "true"}, connection("None", HERE))
    assert alone.issues("error")[0].startswith("This job was started without a server for Azure's clients.")


def test_a_login_that_fails_fails_the_step_with_what_az_said(
    azure: Make, calls: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZ_REFUSES", "ERROR: no such principal")
    job = azure({"inlineScript": "echo ran; echo $EVIL"})
    assert job.results == ["Failed"]
    assert job.issues("error") == [
        "Error Code: [1]",
        "Error: Azure login failed",
        "Script failed with error: ERROR: no such principal",
    ]
    assert [call["arguments"][0] for call in calls()] == ["--version", "cloud", "login"]
    assert "##vso[task.setvariable variable=evil]by az" in job.log()


def test_a_secret_that_has_expired_is_told_of(azure: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZ_REFUSES", "AADSTS7000222: The provided client secret keys are expired")
    assert "Secret expired, update service connection 'production'" in azure({"inlineScript": "true"}).issues("error")


def test_a_script_that_fails_gives_its_exit_code_and_is_signed_out(azure: Make, calls: Make) -> None:
    job = azure({"inlineScript": "exit 7"})
    assert job.issues("error") == ["Script failed with exit code: 7"]
    assert calls()[-1]["arguments"] == ["account", "clear"]
    first = azure({"inlineScript": "exit 7"}, version=1)
    assert first.issues("error")[0].startswith("Script failed with error: Error: The process '")
    assert first.issues("error")[0].endswith("bash' failed with exit code 7")


def test_standard_error_fails_the_step_only_where_it_is_asked_for(azure: Make) -> None:
    script = {"inlineScript": "echo oh no >&2"}
    assert azure(script).result == "Succeeded"
    job = azure({**script, "failOnStandardError": "true"})
    assert job.issues("error") == ["Script has output to stderr. Failing as failOnStdErr is set to true.", "oh no"]


def test_a_file_runs_with_arguments_in_the_folder_that_is_named(azure: Make) -> None:
    given = {"scriptLocation": "scriptPath", "scriptPath": "do.sh", "arguments": '"a b" $HOME c'}
    job = azure({**given, "workingDirectory": "new/folder"}, do_sh='printf "%s|" "$PWD" "$@"')
    assert f"{job.dir}/work/s/new/folder|a b|$HOME|c|" in job.log()


def test_a_file_of_the_first_version_runs_where_it_lies(azure: Make) -> None:
    job = azure({"scriptLocation": "scriptPath", "scriptPath": "do.sh", "args": "x"}, version=1, do_sh="echo $PWD $1")
    assert f"{job.dir}/work/s x\n" in job.log()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"scriptType": "ps", "inlineScript": "x"}, "scriptType ps is Windows PowerShell, which runs on Windows only."),
        ({"scriptType": "batch", "inlineScript": "x"}, "scriptType batch is a batch script, which runs on Windows"),
        ({"scriptType": "zsh", "inlineScript": "x"}, "Invalid value 'zsh' of input scriptType"),
        ({"scriptLocation": "here"}, "here is not a valid value for task input 'Script Location'"),
        ({"inlineScript": ""}, "Input required: inlineScript"),
        ({"scriptLocation": "scriptPath", "scriptPath": "no.sh"}, "Script file could not be found at specified"),
        (
            {"azureSubscription": "staging", "inlineScript": "x"},
            "There is no service connection 'staging' for this job.",
        ),
        ({"keepAzSessionActive": "true", "inlineScript": "x"}, "auth scheme was unexpected: serviceprincipal."),
    ],
)
def test_what_cannot_be_done_is_said(azure: Make, inputs: dict[str, str], message: str) -> None:
    job = azure(inputs)
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (connection(serviceprincipalid="app", tenantid="t"), "has no serviceprincipalkey, which it needs to sign in"),
        (
            connection("WorkloadIdentityFederation", serviceprincipalid="a", tenantid="t"),
            "has no idtoken, which it needs",
        ),
        (connection("Odd"), "Auth Scheme Odd is not supported"),
    ],
)
def test_a_connection_that_lacks_something_is_told_of(azure: Make, to: Connection, message: str) -> None:
    job = azure({"inlineScript": "true"}, to)
    assert job.results == ["Failed"]
    assert message in job.issues("error")[0]


def test_nothing_that_held_a_secret_is_left(azure: Make, task: Make) -> None:
    assert task
    job = azure({"inlineScript": "ls -A $AGENT_TEMPDIRECTORY | wc -l"})
    assert job.result == "Succeeded"
    assert not [path for path in job.dir.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_without_az_the_step_says_what_to_do(make_job: Make, task: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [place for place in os.environ["PATH"].split(os.pathsep) if not Path(place, "az").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))
    given = {"azureSubscription": "production", "scriptType": "bash", "scriptLocation": "inlineScript"}
    job = make_job(task("AzureCLI@2", {**given, "inlineScript": "true"})).start().wait()
    said = job.issues("error")[0]
    assert said.startswith("Azure CLI 2.x is not installed on this machine.\nan earlier step may do it: `pip install")


def test_a_script_for_powershell_is_wrapped_as_the_official_task_does(azure: Make, tmp_path: Path) -> None:
    """By a `pwsh` that shows what it is given to run."""
    shown = '#!/bin/sh\nfor last; do :; done\ncat "${last#. }" 2>/dev/null || eval "cat ${last#. }"\n'
    (tmp_path / "programs" / "pwsh").write_text(shown)
    (tmp_path / "programs" / "pwsh").chmod(0o755)
    given = {"scriptType": "pscore", "scriptLocation": "scriptPath", "scriptPath": "do.ps1", "arguments": "-A 'b c'"}
    log = azure({**given, "powerShellErrorActionPreference": "continue"}, do_ps1="az version").log()
    folder = tmp_path / "home0" / "runs" / "1" / "s.j.1" / "work" / "s"
    assert "$ErrorActionPreference = 'continue'\n$ErrorView = 'NormalView'\n" in log
    assert f". '{folder}/do.ps1' -A 'b c'\nif (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) {{" in log
    without = azure({**given, "powerShellIgnoreLASTEXITCODE": "true"}, do_ps1="az version").log()
    assert "$ErrorActionPreference = 'stop'\n" in without
    assert "LASTEXITCODE" not in without


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a  b ", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        (r'"a \"b\" \c" d\e', [r'a "b" \c', r"d\e"]),
        ('""', [""]),
        ("'a b'", ["'a", "b'"]),
    ],
)
def test_arguments_are_split_as_the_task_library_splits_them(text: str, words: list[str]) -> None:
    assert split_arguments(text) == words
