"""`drivetrain expand`: the pipeline as it is after its template expressions."""

from __future__ import annotations

import click

from drivetrain.lang.yaml import write
from drivetrain.view.cli.files import define, find_file, refuse
from drivetrain.view.cli.sources import named_repositories, open_source, repository_option


@click.command()
@click.argument("file", required=False)
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable set when queueing."
)
@click.option("--branch", default="", help="The branch that the run would be of.")
@repository_option
def command(
    file: str | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    branch: str,
    repositories: tuple[str, ...],
) -> None:
    """Print the pipeline with every ${{ }} evaluated.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    """
    source = open_source(find_file(file), named_repositories(repositories))
    definition = define(source, parameters=parameters, variables=variables, branch=branch)
    refuse(definition, source)
    click.echo(write(definition.node), nl=False)
