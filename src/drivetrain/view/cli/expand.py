"""`drivetrain expand`: the pipeline as it is after its template expressions."""

from __future__ import annotations

import click

from drivetrain.lang.yaml import write
from drivetrain.view.cli.files import define, find_file, read_text, refuse


@click.command()
@click.argument("file", required=False)
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable set when queueing."
)
@click.option("--branch", default="", help="The branch that the run would be of.")
def command(file: str | None, parameters: tuple[str, ...], variables: tuple[str, ...], branch: str) -> None:
    """Print the pipeline with every ${{ }} evaluated.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    """
    path = find_file(file)
    text = read_text(path)
    definition = define(text, path, parameters=parameters, variables=variables, branch=branch)
    refuse(definition, text)
    click.echo(write(definition.node), nl=False)
