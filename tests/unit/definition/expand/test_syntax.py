"""Azure reads all expressions of a file before it evaluates one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.definition.expand.conftest import World

    Make = Callable[..., World]


def unreadable(world: Make, source: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        world().expand(source)
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


LOCATED = "Located at position {} within expression: '{}'."
EACH = "The expected format of an 'each' expression is: ${ each <identifier> in <value> }"


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        # The text of one expression is told, however much text is around it.
        ("a: x ${{ eq }} y", [f"1:4: error: Expected '(' to follow a function: 'eq'. {LOCATED.format(1, 'eq')}"]),
        ("a: '${{ x.y == 1 }}'", [f"1:4: error: Unexpected symbol: '=='. {LOCATED.format(5, 'x.y == 1')}"]),
        ("a: ${{ }}", ["1:4: error: An expression was expected"]),
        (
            "a: ${{ 'b }}",
            [
                "1:4: error: The expression is not closed. An unescaped ${{ sequence was found,"
                " but the closing }} sequence was not found."
            ],
        ),
        # All of them are told, also where no condition chooses them.
        (
            "a:\n- ${{ if false }}:\n  - ${{ trim( }}\nb: ${{ ne(1) }}",
            [
                f"3:5: error: Unclosed function: 'trim'. {LOCATED.format(1, 'trim(')}",
                f"4:4: error: Unexpected symbol: ')'. {LOCATED.format(5, 'ne(1)')}",
            ],
        ),
        # In a list whose entries have known keys, what is no directive is an unknown key besides.
        (
            "steps:\n- ${{ If eq(1, 1) }}:\n  - script: x",
            [
                f"2:3: error: Unexpected symbol: 'eq'. {LOCATED.format(4, 'If eq(1, 1)')}",
                "2:3: error: Unexpected value '${{ If eq(1, 1) }}'",
            ],
        ),
        (
            "jobs:\n- ${{ if true }}:\n  - ${{ each j over parameters.j }}:\n    - job: a",
            [
                f"3:5: error: The value 'over' is unexpected. {EACH}",
                "3:5: error: Unexpected value '${{ each j over parameters.j }}'",
            ],
        ),
        (
            "steps:\n- script: x\n  env:\n    ${{ loop x in y }}: z",
            [f"4:5: error: Unexpected symbol: 'x'. {LOCATED.format(6, 'loop x in y')}"],
        ),
        (
            "s:\n- ${{ insert x }}: y",
            [
                "2:3: error: Exactly 0 parameter(s) were expected following the directive 'insert'."
                " Actual parameter count: 1"
            ],
        ),
        # A directive is a key, and nothing else.
        ("a: ${{ if  eq(1, 1) }}", ["1:4: error: Unexpected value '${{ if eq(1, 1) }}'"]),
        ("a:\n- ${{ insert }}", ["2:3: error: Unexpected value '${{ insert }}'"]),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_is_evaluated(
    world: Make, source: str, problems: list[str]
) -> None:
    assert unreadable(world, f"{source}\nlater: ${{{{ nope() }}}}\n") == [f"pipeline.yml:{found}" for found in problems]


def test_unknown_words_are_told_when_they_are_evaluated(world: Make) -> None:
    made = world()
    made.expand("a: ${{ nope() }}\nb: ${{ if }}\nc:\n- ${{ if false }}:\n  - ${{ nope() }}\n")
    assert [problem[:16] for problem in made.problems] == ["pipeline.yml:1:4", "pipeline.yml:2:4"]


def test_a_template_that_cannot_be_read_is_not_put_in(world: Make) -> None:
    made = world(t__yml="steps:\n- script: ${{ 1 > 0 }}\n- script: ${{ nope() }}\n")
    text = made.expand("steps:\n- script: a\n- template: t.yml\n- script: ${{ nope() }}\n")
    assert [problem.split(": error")[0] for problem in made.problems] == ["pipeline.yml:4:11", "t.yml:2:11"]
    assert "script: a" in text


def test_what_is_said_of_a_long_expression_is_cut_as_azure_cuts_it(world: Make) -> None:
    [problem] = unreadable(world, f"a: ${{{{ eq('{'x' * 600}', 1) 2 }}}}")
    message = problem.partition("error: ")[2]
    assert message.endswith("xxx[...]")
    assert len(f"/pipeline.yml (Line: 1, Col: 4): {message}") == 505
