"""Applies one rule to files given as texts."""

from __future__ import annotations

from drivetrain.definition.lint import RULES, lint
from drivetrain.definition.problems import Problems
from drivetrain.definition.read import read_pipeline
from drivetrain.lang.yaml import read


def found(code: str, text: str, *templates: tuple[str, str], file: str = "f.yml") -> list[str]:
    """`line:column message` of what the rule says, with the file where it is a template."""
    pipeline = read_pipeline(text, file=file, tasks={}, assume_parameters=True).pipeline
    problems = Problems()
    roots = [read(text, file=file), *(read(template, file=name) for name, template in templates)]
    lint(pipeline, roots, problems, without={rule.code for rule in RULES} - {code})
    assert {problem.code for problem in problems.sorted()} <= {code}
    return [f"{problem.position} {problem.message}".removeprefix(f"{file}:") for problem in problems.sorted()]
