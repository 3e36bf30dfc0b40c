"""The tables of keys against each other, and every refused key refused in a real file."""

from __future__ import annotations

import pytest

from drivetrain.definition import schema
from drivetrain.definition.model import TaskInfo
from drivetrain.definition.read import read_pipeline

TASKS = {"Bash@3": TaskInfo("Bash", 3, "Bash", optional=frozenset({"script", "targetType"}))}
STEPS = "steps: [{script: a}]"


def codes(text: str) -> list[tuple[str, int, int]]:
    problems = read_pipeline(text, file="f.yml", tasks=TASKS).problems
    return [(problem.code, problem.position.line, problem.position.column) for problem in problems]


@pytest.mark.parametrize("key", sorted(schema.STEPS_LATER))
def test_a_kind_of_step_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"steps:\n- {key}: x") == [("not-yet-supported", 2, 3)]


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, place in schema.STEPS.items() for key in place.later])
def test_an_option_of_a_step_that_is_to_come_is_refused(kind: str, key: str) -> None:
    subject = {"checkout": "self", "download": "current", "task": "Bash@3"}.get(kind, "x")
    assert ("not-yet-supported", 3, 3) in codes(f"steps:\n- {kind}: {subject}\n  {key}: x")


@pytest.mark.parametrize("key", sorted(schema.JOB.later))
def test_a_key_of_a_job_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"jobs:\n- job: a\n  {key}: x\n  {STEPS}") == [("not-yet-supported", 3, 3)]


@pytest.mark.parametrize("key", sorted(schema.JOB_KINDS_LATER))
def test_a_kind_of_job_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"jobs:\n- {key}: a") == [("not-yet-supported", 2, 3)]


@pytest.mark.parametrize("key", sorted(schema.STAGE.later))
def test_a_key_of_a_stage_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"stages:\n- stage: a\n  {key}: x\n  jobs: [{{job: a, {STEPS}}}]") == [("not-yet-supported", 3, 3)]


@pytest.mark.parametrize("key", sorted(schema.ROOT_FORMS_LATER))
def test_a_root_form_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"{key}: []") == [("not-yet-supported", 1, 1)]


@pytest.mark.parametrize("key", sorted(schema.ROOT["steps"].later))
def test_a_key_of_the_root_that_is_to_come_is_refused(key: str) -> None:
    assert codes(f"{key}: x\n{STEPS}") == [("not-yet-supported", 1, 1)]


@pytest.mark.parametrize("key", sorted(schema.RESOURCES.later))
def test_every_kind_of_resource_is_refused(key: str) -> None:
    assert codes(f"resources:\n  {key}: []\n{STEPS}") == [("not-yet-supported", 2, 3)]


@pytest.mark.parametrize("word", ["true", "True", "y", "YES", "on", "false", "n", "No", "off"])
def test_booleans_are_azures_words_in_any_case(word: str) -> None:
    definition = read_pipeline(f"steps:\n- script: a\n  enabled: {word}\n", file="f.yml", tasks={})
    assert definition.ok
    assert definition.pipeline.stages[0].jobs[0].steps[0].enabled is (word.lower() in {"true", "y", "yes", "on"})


def test_no_key_is_both_allowed_and_refused() -> None:
    places = [
        *schema.ROOT.values(),
        schema.STAGE,
        schema.JOB,
        schema.VARIABLE,
        schema.RESOURCES,
        *schema.STEPS.values(),
    ]
    assert not [place.title for place in places if place.keys & place.later.keys()]


def test_many_problems_are_collected_and_then_only_counted() -> None:
    text = "steps:\n" + "".join(f"- scrpt: {number}\n" for number in range(80))
    problems = read_pipeline(text, file="f.yml", tasks={}).problems
    assert len(problems) == 51
    assert problems[-1].message == "and 30 more problems"
    assert problems[-1].code == "too-many-problems"
