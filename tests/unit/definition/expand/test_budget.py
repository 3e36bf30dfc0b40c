"""https://learn.microsoft.com/azure/devops/pipelines/process/templates#imposed-limits"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.expand import budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.definition.expand.conftest import World

    Make = Callable[..., World]


def test_a_template_that_includes_itself_ends_in_an_error(world: Make) -> None:
    made = world(t__yml="steps:\n- script: x\n- template: t.yml\n")
    made.expand("steps:\n- template: t.yml\n")
    assert made.problems == ["t.yml:1:1: error: Maximum object depth exceeded"]


def test_two_files_that_include_each_other_twice_end_too(world: Make) -> None:
    made = world(
        a__yml="steps:\n- template: b.yml\n- template: b.yml\n", b__yml="steps:\n- template: a.yml\n- template: a.yml\n"
    )
    made.expand("steps:\n- template: a.yml\n")
    assert made.problems == ["a.yml:1:1: error: Maximum object depth exceeded"]


def test_as_many_files_as_azure_allows_may_be_included(world: Make) -> None:
    files = {f"t{number}__yml": f"steps:\n- script: '{number}'\n" for number in range(budget.FILES + 1)}
    source = "steps:\n" + "".join(f"- template: t{number}.yml\n" for number in range(budget.FILES))
    assert world(**files).clean(source).count("script") == budget.FILES
    made = world(**files)
    made.expand(f"{source}- template: t{budget.FILES}.yml\n")
    assert made.problems == ["pipeline.yml:1:1: error: more than 100 template files are included"]


def test_one_file_may_be_included_as_often_as_one_likes(world: Make) -> None:
    made = world(t__yml="steps:\n- script: x\n")
    assert made.clean("steps:\n" + "- template: t.yml\n" * 500).count("script") == 500


def test_templates_may_be_nested_as_deep_as_azure_allows(world: Make) -> None:
    files = {f"t{number}__yml": f"steps:\n- template: t{number + 1}.yml\n" for number in range(budget.NESTING - 1)}
    files[f"t{budget.NESTING - 1}__yml"] = "steps:\n- script: deep\n"
    assert "script: deep" in world(**files).clean("steps:\n- template: t0.yml\n")


@pytest.mark.parametrize(
    "source",
    [
        "s:\n" + "".join(f"{'  ' * n}- ${{{{ each x{n} in parameters.n }}}}:\n" for n in range(8)) + "  " * 8 + "- y\n",
        "s:\n" + "".join(f"{'  ' * n}- ${{{{ each x{n} in parameters.n }}}}:\n" for n in range(8)),
        "s:\n- ${{ each x in parameters.n }}:\n  - ${{ each y in parameters.n }}:\n    - ${{ each z in parameters.n }}:\n"
        "      - ${{ parameters.n }}\n      - ${{ parameters.n }}\n",
    ],
)  # fmt: skip
def test_loops_in_loops_end_in_an_error(world: Make, source: str) -> None:
    made = world()
    made.expand(source, {"n": [str(number) for number in range(200)]})
    assert "grows beyond" in made.problems[-1]
