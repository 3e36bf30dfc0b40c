"""docs/language.md says what the tables in the code say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition import legal, schema
from drivetrain.definition.model import CompileContext
from drivetrain.definition.scope import NAMES, compile_variables

SOURCE = Path(drivetrain.__file__).parent
PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text("utf-8")
CODE = re.compile(r'code="([a-z-]+)"')


def row(title: str) -> tuple[set[str], set[str]]:
    """The words in backquotes of the second and the third column."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {title} |"))
    _, _, second, third, _ = line.split("|")
    return set(re.findall(r"`([^`]+)`", second)), set(re.findall(r"`([^`]+)`", third))


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("the root", schema.ANY_ROOT),
        ("a stage", schema.STAGE),
        ("a job", schema.JOB),
        ("`strategy`", schema.STRATEGY),
        ("`pool`", schema.POOL),
        ("`trigger`", schema.TRIGGER),
        ("`pr`", schema.PULL_REQUEST),
        ("an item of `schedules`", schema.SCHEDULE),
        ("an item of `parameters`", schema.PARAMETER),
        ("an item of `variables`", schema.VARIABLE),
        ("`resources`", schema.RESOURCES),
    ],
)
def test_the_keys_of_a_place(title: str, place: schema.Place) -> None:
    assert row(title) == (set(place.keys), set(place.later))


@pytest.mark.parametrize("kind", schema.STEPS)
def test_the_keys_of_a_step(kind: str) -> None:
    place = schema.STEPS[kind]
    assert row(f"`{kind}`") == (set(place.keys - set(schema.STEP_COMMON.split()) - {kind}), set(place.later))


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("condition of a stage", legal.STAGE_CONDITION),
        ("condition of a job", legal.JOB_CONDITION),
        ("condition of a step", legal.STEP_CONDITION),
        ("`$[ ]` of a variable", legal.VARIABLE),
        ("`${{ }}`", legal.Legal(NAMES)),
    ],
)
def test_what_an_expression_may_name(title: str, place: legal.Legal) -> None:
    assert row(title) == (set(place.names), set(place.functions))


def test_every_word_of_the_other_tables_is_named() -> None:
    words = {*schema.STEPS_LATER, *schema.JOB_KINDS_LATER, *schema.STEP_COMMON.split(), *schema.PARAMETER_TYPES}
    words |= schema.NO_EXPRESSIONS | compile_variables(CompileContext(*["refs/heads/x"] * 9)).keys()
    assert not {word for word in words if f"`{word}`" not in PAGE}


def test_every_code_of_a_problem_is_explained() -> None:
    files = [
        *(SOURCE / "definition").rglob("*.py"),
        *(SOURCE / "plan").rglob("*.py"),
        SOURCE / "view" / "cli" / "files.py",
    ]
    used = {code for path in files for code in CODE.findall(path.read_text("utf-8"))}
    explained = set(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \|$", PAGE.split("## Problems")[1], re.MULTILINE))
    assert used == explained
