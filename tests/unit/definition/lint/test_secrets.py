from __future__ import annotations

import pytest

from drivetrain.definition.lint.secrets import is_secret_name
from tests.unit.definition.lint.linting import found


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "dbPassword",
        "DB_PASSWORD",
        "mypassword",
        "sql-pwd",
        "GH_TOKEN",
        "githubToken",
        "System.AccessToken",
        "clientSecret",
        "azure.client-secret",
        "accountKey",
        "STORAGE_ACCOUNT_KEY",
        "APIKey",
        "apikey",
        "subscription_key1",
        "readPat",
        "dbConnectionString",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "color",
        "sqlpwd",
        "passwordFile",
        "secretName",
        "tokens",
        "maxTokens",
        "tokenizer",
        "cacheKey",
        "sonarProjectKey",
        "key",
        "keyVaultName",
        "publicKey",
        "path",
        "compatibility",
        "PAT_USER",
        "123",
        "",
    ],
)
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("script: echo $(dbPassword)", "2:16"),
        ("bash: |\n    set -e\n    printf '%s' \"$(dbPassword)\"", "4:18"),
        ('pwsh: Write-Host "it is $(dbPassword)"', "2:27"),
        ("powershell: write-output $(dbPassword)", "2:28"),
        ("task: Bash@3\n  inputs: {targetType: inline, script: 'echo $(dbPassword)'}", "3:46"),
        ("script: '@echo $(dbPassword)'", "2:18"),
    ],
)
def test_a_script_that_prints_a_secret(step: str, place: str) -> None:
    assert found("secret-echoed", f"steps:\n- {step}\n") == [f"{place} the secret $(dbPassword) is printed"]


@pytest.mark.parametrize(
    "step",
    [
        "script: echo $(color)",
        "script: echo $(dbPassword) | docker login --password-stdin",
        "script: echo $(dbPassword) > .netrc",
        'script: echo "##vso[task.setvariable variable=x;issecret=true]$(dbPassword)"',
        "script: docker login -p $(dbPassword)",
        "script: echo $(pwd) $(az account get-access-token)",
        "script: python echo.py $(dbPassword)",
        "script: x\n  env: {PASSWORD: $(dbPassword)}",
        "script: x\n  displayName: echo $(dbPassword)",
    ],
)
def test_a_script_that_does_not(step: str) -> None:
    assert found("secret-echoed", f"steps:\n- {step}\n") == []


def test_a_secret_in_clear_text() -> None:
    text = "variables:\n- name: dbPassword\n  value: hunter2\n- {name: color, value: blue}\nsteps: [{script: x}]\n"
    assert found("secret-in-file", text) == [
        "3:10 variable 'dbPassword' looks like a secret and has its value in this file"
    ]


@pytest.mark.parametrize(
    "value",
    [
        "$(fromGroup)",
        "${{ parameters.password }}",
        "$[ variables.x ]",
        "''",
        "true",
        "1234",
        "<your password>",
        "xxxxx",
        "'***'",
        "__password__",
        "'#{password}#'",
        "/etc/keys/private.pem",
        "./secrets/token",
        "https://vault.example/secret",
        "{a: 1}",
    ],
)
def test_a_value_that_comes_from_elsewhere_is_no_secret(value: str) -> None:
    assert found("secret-in-file", f"variables:\n  dbPassword: {value}\nsteps: [{{script: x}}]\n") == []
