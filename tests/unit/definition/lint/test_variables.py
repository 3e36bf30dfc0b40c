from __future__ import annotations

import pytest

from drivetrain.definition.lint.variables import declared, environment_name
from drivetrain.lang.tree import Scalar
from drivetrain.lang.yaml import read
from tests.unit.definition.lint.linting import found

MESSAGE = "is not used in this pipeline's files"


@pytest.mark.parametrize(
    "use",
    [
        "- script: echo $(app.name)",
        "- script: echo $(APP.NAME)",
        "- script: echo ${{ variables['app.name'] }}",
        "- script: echo ${{ variables.app.name }}",
        "- script: x\n  condition: eq(variables['app.name'], 'x')",
        "- script: echo $APP_NAME",
        "- pwsh: Write-Host $env:APP_NAME",
        "- script: python -c \"import os; os.environ['APP_NAME']\"",
        "- task: A@1\n  inputs: {x: $(app.name)-$(Build.BuildId)}",
        "- script: x\n  env: {NAME: $(app.name)}",
        "- script: 'echo ##vso[task.setvariable variable=app.name]x'",
    ],
)
def test_a_variable_that_is_used(use: str) -> None:
    assert found("unused-variable", f"variables:\n  app.name: x\nsteps:\n{use}\n") == []


@pytest.mark.parametrize(
    "use",
    [
        "- script: echo $(other)",
        "- script: echo $(app.names) $(my.app.name2) app.namely APP_NAMES",
        "- script: Set all variables",
    ],
)
def test_a_variable_that_is_not_used(use: str) -> None:
    assert found("unused-variable", f"variables:\n  app.name: x\nsteps:\n{use}\n") == [
        f"2:3 variable 'app.name' {MESSAGE}"
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("variables: {a: 1, b: 2}", "a b"),
        ("variables:\n- name: a\n  value: 1\n- group: g\n- template: t.yml\n- name: b\n", "a b"),
        ("variables:\n- ${{ if eq(1, 1) }}:\n  - name: a\n    value: 1\n", "a"),
        ("variables:\n  ${{ if eq(1, 1) }}:\n    a: 1\n  ${{ else }}:\n    b: 1\n", "a b"),
        ("variables:\n- ${{ each x in parameters.y }}:\n  - name: ${{ x }}\n    value: 1\n", ""),
        ("stages:\n- stage: S\n  variables: {a: 1}\n  jobs:\n  - job: J\n    variables: {b: 1}\n", "a b"),
        ("steps:\n- template: t.yml\n  parameters:\n    variables: {a: 1}\n", ""),
        ("parameters:\n- name: variables\n", ""),
    ],
)
def test_where_variables_are_declared(text: str, names: str) -> None:
    root = read(text, file="f.yml")
    assert " ".join(variable.name.value for variable in declared(root)) == names


def test_a_variable_without_a_value_is_empty() -> None:
    (variable,) = declared(read("variables: [{name: a}]", file="f.yml"))
    assert isinstance(variable.value, Scalar)
    assert variable.value.value == ""


@pytest.mark.parametrize(
    "name",
    [
        "PIP_CACHE_DIR",
        "CI",
        "npm_config_cache",
        "image_name",
        "system.debug",
        "Agent.Source.Git.ShallowFetchDepth",
        "Codeql.Enabled",
        "filter.modified.globs",
        "MSBuildEnableWorkloadResolver",
        "skipComponentGovernanceDetection",
        "DisableDockerDetector",
        "runCodesignValidationInjection",
    ],
)
def test_names_that_tools_read_are_left_alone(name: str) -> None:
    assert found("unused-variable", f"variables: {{{name}: x}}\nsteps: [{{script: x}}]\n") == []


@pytest.mark.parametrize(
    "body",
    [
        "steps:\n- ${{ each v in variables }}:\n  - script: x",
        "steps: [{script: '${{ convertToJson(variables) }}'}]",
        "steps: [{script: '${{ variables[parameters.x] }}'}]",
        "steps:\n- script: x\n  condition: eq(variables[variables.x], 1)",
        "steps:\n- template: not-there.yml",
        "steps:\n- template: t.yml@elsewhere",
        "steps:\n- template: ${{ variables.which }}.yml",
        "extends: {template: not-there.yml}",
    ],
)
def test_nothing_is_said_when_the_use_may_be_out_of_sight(body: str) -> None:
    assert found("unused-variable", f"variables: {{color: x}}\n{body}\n") == []


def test_a_template_of_variables_alone_is_used_by_others() -> None:
    assert found("unused-variable", "variables: {color: x}\n") == []


def test_files_that_were_read_are_taken_together() -> None:
    text = "variables:\n- template: vars/v.yml\n- name: shape\n  value: x\nsteps:\n- template: ./t.yml@self\n"
    variables, steps = ("vars/v.yml", "variables: {color: x, size: y}\n"), ("t.yml", "steps: [{script: echo $(color)}]")
    assert found("unused-variable", text, variables, steps) == [
        f"3:9 variable 'shape' {MESSAGE}",
        f"vars/v.yml:1:23 variable 'size' {MESSAGE}",
    ]


def test_a_name_with_a_blank_is_looked_for_as_it_is() -> None:
    text = "variables: {my color: x, my shape: y}\nsteps: [{script: echo $(My Color)}]\n"
    assert found("unused-variable", text) == [f"1:26 variable 'my shape' {MESSAGE}"]


@pytest.mark.parametrize(("name", "environment"), [("a.b", "A_B"), ("my color", "MY_COLOR"), ("a-b", "A-B")])
def test_what_scripts_read_a_variable_as(name: str, environment: str) -> None:
    assert environment_name(name) == environment
