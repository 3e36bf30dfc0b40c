"""Everything that `lint` has to say about a file, but for what it was told to leave out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint import lint
from drivetrain.definition.problems import Problems
from drivetrain.errors import DefinitionError
from drivetrain.home import Home
from drivetrain.plan.job_targets import misplaced
from drivetrain.plan.run_name import name_problem
from drivetrain.run.tasks.catalog import catalog
from drivetrain.view.cli.files import LINE_BREAK, define

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from drivetrain.errors import Position, Problem
    from drivetrain.view.cli.sources import PipelineSource

_IGNORE = re.compile(r"#\s*drivetrain:\s*ignore\s+([a-z-]+(?:[\s,]+[a-z-]+)*)")


def problems_of(source: PipelineSource, without: Collection[str] = ()) -> tuple[Problem, ...]:
    """The problems of a file in its order, without the codes given and those that its own comments name."""
    found = [problem for problem in _found(source, without) if problem.code not in without]
    ignored = Ignored(source)
    return tuple(problem for problem in found if problem.code not in ignored.at(problem.position))


def _found(source: PipelineSource, without: Collection[str]) -> tuple[Problem, ...]:
    try:
        definition = define(source, assume_parameters=True)
    except DefinitionError as error:
        return error.problems
    problems = Problems()
    problems.extend(definition.problems)
    name = name_problem(definition.pipeline)
    if name is not None:
        problems.add(name)
    problems.extend(misplaced(definition.pipeline, catalog(Home.default().tasks)).values())
    lint(definition.pipeline, definition.sources, problems, without=without)
    return problems.sorted()


class Ignored:
    """The comments `# drivetrain: ignore CODE, CODE` of a file and its templates: they hold for their own line."""

    def __init__(self, source: PipelineSource) -> None:
        self._source = source
        self._codes: dict[str, dict[int, frozenset[str]]] = {}

    def at(self, position: Position) -> Collection[str]:
        """The codes that are left out at a place."""
        if position.file not in self._codes:
            self._codes[position.file] = dict(_comments(self._source.text_of(position.file)))
        return self._codes[position.file].get(position.line, frozenset())


def _comments(text: str) -> Iterator[tuple[int, frozenset[str]]]:
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        match = _IGNORE.search(line)
        if match:
            yield number, frozenset(re.split(r"[\s,]+", match[1]))
