"""The table of rules, its page, and that good pipelines are left alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

import drivetrain
from drivetrain.definition.lint import RULES, lint
from drivetrain.definition.lint.rule import Finding, Rule, Sources
from drivetrain.definition.problems import LIMIT, Problems
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError, Severity
from drivetrain.lang.yaml import read, write
from drivetrain.run.tasks.catalog import CATALOG
from tests.unit.definition.test_properties import pipelines

if TYPE_CHECKING:
    from drivetrain.lang.tree import Node

ROOT = Path(drivetrain.__file__).parents[2]
PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")
LANGUAGE = (ROOT / "docs" / "language.md").read_text("utf-8")


def test_codes_are_stable_words_of_their_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert not [code for code in codes if f"| `{code}` |" in LANGUAGE]


def test_every_rule_is_only_a_warning() -> None:
    assert {rule.severity for rule in RULES} == {Severity.WARNING}


def test_the_page_explains_every_rule_in_its_order() -> None:
    assert re.findall(r"^### (\S+)$", PAGE, re.MULTILINE) == [rule.code for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_says_what_the_rule_says(rule: Rule) -> None:
    assert f"**{rule.title}** {rule.help}" in " ".join(PAGE.split())


def test_a_rule_can_be_left_out() -> None:
    text = "parameters: [{name: a, default: 1}]\nvariables: {password: x}\nsteps: [{script: x}]\n"
    definition, root = read_pipeline(text, file="f.yml", tasks={}), read(text, file="f.yml")
    problems = Problems()
    lint(definition.pipeline, [root], problems, without={"unused-parameter", "secret-in-file"})
    assert [problem.code for problem in problems.sorted()] == ["unused-variable"]


def test_nothing_is_said_of_templates_of_other_repositories() -> None:
    text = "parameters: [{name: a, default: 1}]\nsteps: [{script: x}]\n"
    files = ("f.yml", "my@home/t.yml", "t.yml@shared")
    pipeline, problems = read_pipeline(text, file="f.yml", tasks={}).pipeline, Problems()
    lint(pipeline, [read(text, file=file) for file in files], problems)
    assert [problem.position.file for problem in problems.sorted()] == ["f.yml", "my@home/t.yml"]


def test_a_file_that_cannot_be_built_is_still_looked_at() -> None:
    text = "parameters: [{name: a, default: 1}]\nsteps:\n- scirpt: x\n"
    definition = read_pipeline(text, file="f.yml", tasks={})
    problems = Problems()
    lint(definition.pipeline, [read(text, file="f.yml")], problems)
    assert [problem.code for problem in problems.sorted()] == ["unused-parameter"]


@pytest.mark.parametrize("path", [*sorted((ROOT / "tests" / "scenarios").glob("*.yml"))], ids=lambda path: path.stem)
def test_pipelines_that_run_are_left_alone(path: Path) -> None:
    """Scenarios show what skipping and variables of the environment do, so these are meant."""
    text = path.read_text("utf-8")
    definition = read_pipeline(text, file=path.name, tasks=CATALOG, assume_parameters=True)
    problems = Problems()
    lint(definition.pipeline, [read(text, file=path.name)], problems)
    assert {problem.code for problem in problems.sorted()} <= {"unreachable", "unused-variable", "secret-echoed"}


def test_rules_are_plain_functions() -> None:
    text = "steps: [{script: x}]\n"
    pipeline = read_pipeline(text, file="f.yml", tasks={}).pipeline
    sources = Sources(pipeline, [read(text, file="f.yml")])
    assert [finding for rule in RULES for finding in rule.check(sources)] == list[Finding]()


@given(root=pipelines())
@settings(max_examples=200, deadline=None)
def test_whatever_a_file_says_lint_says_something_about_it_or_nothing(root: Node) -> None:
    text = write(root)
    try:
        definition = read_pipeline(text, file="f.yml", tasks={}, assume_parameters=True)
    except DefinitionError:
        return
    problems = Problems()
    lint(definition.pipeline, [read(text, file="f.yml")], problems)
    assert {problem.code for problem in problems.sorted()} <= {rule.code for rule in RULES}
    assert {problem.position.file for problem in problems.sorted()} <= {"f.yml"}


HOSTILE = {
    "macros in a condition": "steps:\n- script: x\n  condition: \"'" + "$(a)" * 200_000 + '"\n',
    "macros in a script": "steps:\n- script: echo " + "$(password)" * 90_000 + "\n",
    "lines in a script": "steps:\n- script: |\n" + "    echo $(password)\n" * 50_000,
    "one long name": "variables: {a: b}\nsteps:\n- script: " + "a." * 400_000 + "\n",
    "names with blanks": "variables:\n" + "".join(f"  a b{number}: x\n" for number in range(10_000)) + "steps: []\n",
    "stages that never run": "stages:\n"
    + "".join(
        f"- stage: S{number}\n  dependsOn: S{number + 1}\n  jobs: [{{job: J, steps: [{{script: x}}]}}]\n"
        for number in range(1000)
    )
    + "- stage: S1000\n  condition: false\n  jobs: [{job: J, steps: [{script: x}]}]\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_made_to_be_slow_is_not(kind: str) -> None:
    """A rule that looked at everything once for everything else would be at it until the test is stopped."""
    text = HOSTILE[kind]
    definition, problems = read_pipeline(text, file="f.yml", tasks={}), Problems()
    lint(definition.pipeline, [read(text, file="f.yml")], problems)
    assert len(problems.sorted()) <= LIMIT + 1
