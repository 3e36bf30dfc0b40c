"""The table of rules, its page, and that good pipelines are left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition.lint import RULES, lint
from drivetrain.definition.lint.rule import Finding, Rule, Sources
from drivetrain.definition.problems import Problems
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import Severity
from drivetrain.lang.yaml import read
from drivetrain.run.tasks.catalog import CATALOG

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
