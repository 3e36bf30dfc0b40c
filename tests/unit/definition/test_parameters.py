from __future__ import annotations

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError
from drivetrain.lang.yaml import write

PIPELINE = """\
parameters:
- name: {name}
  type: {type}
  {rest}
steps:
- script: ${{{{ parameters.{name} }}}}!
"""


def script(kind: str, rest: str, given: dict[str, str] | None = None) -> tuple[object, list[str]]:
    text = PIPELINE.format(name="p", type=kind, rest=rest)
    definition = read_pipeline(text, file="f.yml", tasks={}, parameters=given)
    return definition.pipeline.parameter_values["p"], [problem.message for problem in definition.problems]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("string", "text", "text"),
        ("string", "", ""),
        ("string", "true", "true"),
        ("number", "3", 3),
        ("number", "-1.5", -1.5),
        ("boolean", "true", True),
        ("boolean", "FALSE", False),
    ],
)
def test_given_values_take_the_type_of_the_parameter(kind: str, given: str, value: object) -> None:
    assert script(kind, "default: ''" if kind == "string" else "displayName: P", {"P": given}) == (value, [])


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("{a: [1, x, '2', yes]}", {"a": [1, "x", "2", "yes"]}),
        ('["a", {"b": "c"}]', ["a", {"b": "c"}]),
        ("text", "text"),
    ],
)
def test_objects_are_given_as_yaml_or_json(given: str, value: object) -> None:
    text = "parameters:\n- name: p\n  type: object\n  default: {}\nsteps:\n- script: a\n"
    definition = read_pipeline(text, file="f.yml", tasks={}, parameters={"p": given})
    assert definition.ok
    assert definition.pipeline.parameter_values["p"] == value


def test_a_given_object_that_is_not_yaml_is_refused() -> None:
    text = "parameters:\n- name: p\n  type: object\n  default: {}\nsteps:\n- script: a\n"
    definition = read_pipeline(text, file="f.yml", tasks={}, parameters={"p": "{a"})
    assert definition.problems[0].position.file == "parameter p"


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("number", "many", "The 'p' parameter value 'many' is not a valid Number."),
        ("number", "", "The 'p' parameter value '' is not a valid Number."),
        ("boolean", "2", "The 'p' parameter value '2' is not a valid Boolean."),
        ("boolean", "yes", "The 'p' parameter value 'yes' is not a valid Boolean."),
        ("stringList", "a", "The 'p' parameter value 'a' is not a valid StringList."),
        ("stepList", "{}", "The 'p' parameter is not a valid StepList."),
        ("step", "[]", "The 'p' parameter is not a valid Step."),
    ],
)
def test_a_given_value_of_another_type_is_refused(kind: str, given: str, message: str) -> None:
    text = f"parameters:\n- name: p\n  type: {kind}\nsteps:\n- script: a\n"
    definition = read_pipeline(text, file="f.yml", tasks={}, parameters={"p": given})
    assert not definition.ok
    assert definition.problems[0].message == message


def test_a_value_must_be_among_those_allowed() -> None:
    value, problems = script("string", "values: [dev, prod]", {"p": "test"})
    assert value == "test"
    assert problems == ["The 'p' parameter value 'test' is not a valid value."]


def test_allowed_values_mind_case() -> None:
    _, problems = script("string", "values: [dev, prod]", {"p": "DEV"})
    assert problems == ["The 'p' parameter value 'DEV' is not a valid value."]


def test_an_unknown_parameter_names_the_nearest() -> None:
    text = "parameters:\n- name: color\n  default: red\nsteps:\n- script: a\n"
    definition = read_pipeline(text, file="f.yml", tasks={}, parameters={"colour": "blue"})
    assert definition.problems[0].message == "Unexpected parameter 'colour'"
    assert definition.problems[0].hint == "did you mean 'color'?"


def test_lint_assumes_a_value_where_none_is_given() -> None:
    text = "parameters:\n- name: p\n- name: q\n  values: [x, y]\n- name: n\n  type: number\nsteps:\n- script: a\n"
    assert not read_pipeline(text, file="f.yml", tasks={}).ok
    definition = read_pipeline(text, file="f.yml", tasks={}, assume_parameters=True)
    assert definition.problems == ()
    assert definition.pipeline.parameter_values == {"p": "", "q": "x", "n": 0}


def test_the_legacy_mapping_gives_defaults() -> None:
    text = "parameters:\n  name: x\n  list: [a, b]\nsteps:\n- script: ${{ parameters.name }}${{ parameters.list[1] }}\n"
    definition = read_pipeline(text, file="f.yml", tasks={})
    assert definition.ok
    assert definition.pipeline.stages[0].jobs[0].steps[0].subject.value == "xb"


def test_parameters_tell_what_a_form_needs() -> None:
    text = "parameters:\n- name: p\n  displayName: Which one\n  values: [a, b]\n  default: a\nsteps:\n- script: a\n"
    parameter = read_pipeline(text, file="f.yml", tasks={}).pipeline.parameters[0]
    assert (parameter.name, parameter.type, parameter.display_name, parameter.values) == (
        "p",
        "string",
        "Which one",
        ("a", "b"),
    )
    assert str(parameter.position) == "f.yml:2:9"


FORMS = [
    ("step", "{dance: x}", "The 'p' parameter is not a valid Step.", "Unexpected value 'dance'"),
    ("stepList", "[{script: a}, {dance: x}]", "The 'p' parameter is not a valid StepList.", "Unexpected value 'dance'"),
    ("stepList", "dance", "The 'p' parameter is not a valid StepList.", "Unexpected value 'dance'"),
    ("stepList", "{script: a}", "The 'p' parameter is not a valid StepList.", "A mapping was not expected"),
    ("job", "[]", "The 'p' parameter is not a valid Job.", "A sequence was not expected"),
    ("jobList", "[{stage: a}]", "The 'p' parameter is not a valid JobList.", "Unexpected value 'stage'"),
    ("container", "{image: 'sea:1'}", "The 'p' parameter is not a valid Container.", "Unexpected value 'image'"),
    ("container", "sea", "The 'p' parameter is not a valid Container.", "Unexpected value 'sea'"),
]


@pytest.mark.parametrize(("kind", "default", "message", "reason"), FORMS)
def test_a_value_of_another_form_is_refused_with_the_reason(kind: str, default: str, message: str, reason: str) -> None:
    text = f"parameters:\n- name: p\n  type: {kind}\n  default: {default}\nsteps:\n- script: a\n"
    problems = read_pipeline(text, file="f.yml", tasks={}).problems
    assert [problem.message for problem in problems] == [message, reason]


@pytest.mark.parametrize("kind", ["legacyObject", "String", "strings"])
def test_a_type_that_a_pipeline_does_not_know_is_refused(kind: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_pipeline(f"parameters:\n- name: p\n  type: {kind}\nsteps:\n- script: a\n", file="f.yml", tasks={})
    assert [str(problem).split("\n")[0] for problem in caught.value.problems] == [
        f"f.yml:3:9: error: Unexpected value '{kind}'"
    ]


@pytest.mark.parametrize(
    ("default", "printed"), [("${{ 'sea' }}", "sea"), ("${{'it''s'}}", "it's"), ("'${{ ''7'' }}'", "7")]
)
def test_a_default_may_be_a_text_in_quotes_and_is_printed_without_the_expression(default: str, printed: str) -> None:
    text = f"parameters:\n- name: p\n  default: {default}\nsteps:\n- script: ${{{{ parameters.p }}}}\n"
    definition = read_pipeline(text, file="f.yml", tasks={})
    assert definition.ok
    assert f"default: {printed}\n" in write(definition.node)
    assert f"script: {printed}\n" in write(definition.node)


@pytest.mark.parametrize(
    "default", ["${{ true }}", "${{ 7 }}", "${{ variables.a }}", "a ${{ 'b' }}", "[a, '${{ 7 }}']"]
)
def test_any_other_expression_in_a_default_is_refused_and_nothing_else_is_said_of_it(default: str) -> None:
    text = f"parameters:\n- name: p\n  type: number\n  default: {default}\nsteps:\n- script: a\n"
    with pytest.raises(DefinitionError) as caught:
        read_pipeline(text, file="f.yml", tasks={})
    [problem] = caught.value.problems
    assert problem.message == "A template expression is not allowed in this context"


@pytest.mark.parametrize(
    ("line", "column"),
    [("values: [a, 'b ${{ 1 }}']", 15), ("displayName: ${{ 1 }}", 16), ("name: ${{ variables.a }}", 9)],
)
def test_an_expression_elsewhere_in_a_declaration_is_refused(line: str, column: int) -> None:
    name = "" if line.startswith("name") else "  name: p\n"
    text = f"parameters:\n- type: string\n{name}  {line}\nsteps:\n- script: a\n"
    with pytest.raises(DefinitionError) as caught:
        read_pipeline(text, file="f.yml", tasks={})
    assert "A template expression is not allowed in this context" in str(caught.value.problems[0])
    assert caught.value.problems[0].position.column == column
