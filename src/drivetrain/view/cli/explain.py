"""What `drivetrain expand --explain` prints: each expression with how it was evaluated, secrets masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from drivetrain.definition.explain import Explained, explain_conditions
from drivetrain.definition.model import Variable
from drivetrain.run.runner.mask import Masker
from drivetrain.view.cli.files import compile_context, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.definition.model import Definition
    from drivetrain.errors import Position
    from drivetrain.view.cli.sources import PipelineSource

_SECRET_NAME = re.compile(r"passw(or)?d|secret|token|api_?key|access_?key|credential|connection_?string", re.IGNORECASE)
"""Names whose values are not shown; what is truly secret is not in the file."""


class Explanation:
    """Collects how expressions were evaluated, in the order in which they were."""

    def __init__(self, parameters: Sequence[str], variables: Sequence[str]) -> None:
        self._queued = pairs(variables, "--variable")
        self._given = {**pairs(parameters, "--parameter"), **self._queued}
        self._found: list[Explained] = []

    def expression(self, position: Position, lines: list[str]) -> None:
        """Take one template expression; the same one again, from a loop, only where it came out otherwise."""
        found = Explained(position, "template expression", tuple(lines))
        if found not in self._found[-50:]:
            self._found.append(found)

    def conditions(self, definition: Definition, source: PipelineSource, branch: str, reason: str) -> None:
        """Take the conditions of what was read."""
        context = compile_context(source, branch, reason)
        self._found += explain_conditions(definition.pipeline, context, self._queued, str)
        self._hide(definition)

    def show(self) -> None:
        """Print everything."""
        masker = Masker()
        masker.add(*(value for name, value in self._given.items() if _SECRET_NAME.search(name)))
        for found in self._found:
            click.echo(f"{click.style(str(found.position), bold=True)}: {found.what}")
            for line in found.lines:
                click.echo(f"  {masker.text(line)}")
        if not self._found:
            click.echo("no expression and no condition in this pipeline", err=True)

    def _hide(self, definition: Definition) -> None:
        """Values in the file whose names say that they are secrets."""
        pipeline = definition.pipeline
        scopes = [pipeline.variables]
        for stage in pipeline.stages:
            scopes += [stage.variables, *(job.variables for job in stage.jobs)]
        for variable in (variable for scope in scopes for variable in scope if isinstance(variable, Variable)):
            self._given.setdefault(variable.name, variable.value.value)
        for name, value in pipeline.parameter_values.items():
            self._given.setdefault(name, value if isinstance(value, str) else "")
