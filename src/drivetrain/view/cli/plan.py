"""`drivetrain plan`: what would run, as JSON."""

from __future__ import annotations

import click
import msgspec

from drivetrain.definition.model import CompileContext
from drivetrain.errors import DefinitionError
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.serialize import to_json
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.view.cli.files import define, find_file, full_ref, pairs, pipeline_name, read_text, refuse, show


@click.command()
@click.argument("file", required=False)
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option(
    "--variable", "-v", "variables", multiple=True, metavar="NAME=VALUE", help="A variable set when queueing."
)
@click.option("--branch", default="", help="The branch that the run would be of.")
def command(file: str | None, parameters: tuple[str, ...], variables: tuple[str, ...], branch: str) -> None:
    """Print what would run, as JSON.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    """
    path = find_file(file)
    text = read_text(path)
    definition = define(text, path, parameters=parameters, variables=variables, branch=branch)
    refuse(definition, text)
    name = pipeline_name(path)
    context = CompileContext(pipeline=name, branch=full_ref(branch))
    given = pairs(variables, "--variable")
    try:
        plan = compile_plan(definition.checked(), name=name, tasks=CATALOG, context=context, variables=given)
    except DefinitionError as error:
        show(error.problems, text, err=True)
        raise click.exceptions.Exit(1) from error
    click.echo(msgspec.json.format(to_json(plan), indent=2).decode())
