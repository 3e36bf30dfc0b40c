"""`drivetrain expand`: the pipeline as it is after its template expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.definition.final_yaml import final
from drivetrain.lang.yaml import write
from drivetrain.source.model import Reason
from drivetrain.view.cli.explain import Explanation
from drivetrain.view.cli.files import define, find_file, pairs, refuse
from drivetrain.view.cli.sources import named_repositories, open_source, repository_option

if TYPE_CHECKING:
    from drivetrain.view.cli.sources import PipelineSource


@click.command()
@click.argument("file", required=False)
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable",
    "-v",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable set when queueing; templates do not see it.",
)
@click.option("--branch", default="", help="The branch that the run would be of.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason], case_sensitive=False),
    default=Reason.MANUAL.value,
    show_default=True,
    help="Why the run would be started: Build.Reason.",
)
@repository_option
@click.option("--explain", is_flag=True, help="Show instead how each expression and condition is evaluated.")
def command(
    file: str | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    branch: str,
    reason: str,
    repositories: tuple[str, ...],
    *,
    explain: bool,
) -> None:
    """Print the final YAML: every ${{ }} evaluated, every template put in.

    The form is that of Azure's preview: stages all the way, steps as tasks. Expanding what was printed changes
    nothing. Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    """
    source = open_source(find_file(file), named_repositories(repositories))
    if explain:
        _explain(source, parameters, variables, branch, reason)
        return
    pairs(variables, "--variable")  # nothing in the final YAML depends on them, but a wrong one is told
    definition = define(source, parameters=parameters, branch=branch, reason=reason)
    refuse(definition, source)
    click.echo(write(final(definition.node)), nl=False)


def _explain(
    source: PipelineSource, parameters: tuple[str, ...], variables: tuple[str, ...], branch: str, reason: str
) -> None:
    explanation = Explanation(parameters, variables)
    definition = define(
        source,
        parameters=parameters,
        branch=branch,
        reason=reason,
        explain=explanation.expression,
    )
    explanation.conditions(definition, source, branch, reason)
    explanation.show()
    refuse(definition, source)
