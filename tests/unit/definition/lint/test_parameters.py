from __future__ import annotations

import pytest

from tests.unit.definition.lint.linting import found

USED = [
    "steps: [{script: '${{ parameters.a }}'}]",
    "steps: [{script: \"${{ parameters['a'] }}\"}]",
    "steps: [{script: '${{ PARAMETERS.A }}'}]",
    'steps: [{script: "x ${{ eq(1, parameters.a) }}"}]',
    "steps:\n- ${{ if parameters.a }}:\n  - script: x",
    "steps:\n- ${{ each x in parameters.a }}:\n  - script: x",
    "variables: {'${{ parameters.a }}': 1}\nsteps: [{script: x}]",
    "steps:\n- ${{ each p in parameters }}:\n  - script: x",
    "steps: [{script: '${{ convertToJson(parameters) }}'}]",
    'steps: [{script: "${{ parameters[variables.x] }}"}]',
]


@pytest.mark.parametrize("body", USED)
@pytest.mark.parametrize("head", ["parameters: [{name: a, default: 1}]", "parameters: {a: 1}"])
def test_a_parameter_that_is_used(head: str, body: str) -> None:
    assert found("unused-parameter", f"{head}\n{body}\n") == []


@pytest.mark.parametrize(
    "body",
    [
        "steps: [{script: x}]",
        "steps: [{script: parameters.a}]",
        "steps: [{script: '${{ parameters.ab }}'}]",
        "steps: [{script: '${{ variables.a }} $(parameters.a)'}]",
        "steps: [{script: 'all parameters ${{ variables.a }}'}]",
    ],
)
def test_a_parameter_that_is_not_used(body: str) -> None:
    message = "parameter 'a' is not used in this file"
    assert found("unused-parameter", f"parameters:\n- {{name: a, default: 1}}\n{body}\n") == [f"2:10 {message}"]
    assert found("unused-parameter", f"parameters:\n  a: 1\n{body}\n") == [f"2:3 {message}"]


def test_each_file_is_looked_at_by_itself() -> None:
    pipeline = "parameters: [{name: a, default: 1}]\nsteps: [{script: '${{ parameters.a }}'}]\n"
    template = "parameters:\n- name: b\n- name: a\nsteps: [{script: '${{ parameters.b }}'}]\n"
    assert found("unused-parameter", pipeline, ("t.yml", template)) == [
        "t.yml:3:9 parameter 'a' is not used in this file"
    ]


def test_parameters_handed_to_a_template_are_no_declarations() -> None:
    text = "steps:\n- template: t.yml\n  parameters: {b: 1}\n"
    assert found("unused-parameter", "steps: [{script: x}]\n", ("u.yml", text)) == []
