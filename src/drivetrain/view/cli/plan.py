"""`drivetrain plan`: what would run, as JSON."""

from __future__ import annotations

import click
import msgspec

from drivetrain.definition.model import CompileContext
from drivetrain.errors import DefinitionError
from drivetrain.home import Home
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.serialize import to_json
from drivetrain.run.tasks.catalog import catalog
from drivetrain.view.cli.files import define, find_file, full_ref, pipeline_name, refuse, show
from drivetrain.view.cli.sources import named_repositories, open_source, repository_option


@click.command()
@click.argument("file", required=False)
@click.option("--parameter", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option("--branch", default="", help="The branch that the run would be of.")
@repository_option
def command(
    file: str | None,
    parameters: tuple[str, ...],
    branch: str,
    repositories: tuple[str, ...],
) -> None:
    """Print what would run, as JSON.

    Without FILE, azure-pipelines.yml of this folder or the nearest one above. `-` reads standard input.
    """
    source = open_source(find_file(file), named_repositories(repositories))
    definition = define(source, parameters=parameters, branch=branch)
    refuse(definition, source)
    name = pipeline_name(source.name)
    context = CompileContext(pipeline=name, branch=full_ref(branch))
    found = source.files.repositories.plans()
    try:
        plan = compile_plan(
            definition.checked(),
            name=name,
            tasks=catalog(Home.default().tasks),
            context=context,
            repositories=found,
        )
    except DefinitionError as error:
        show(error.problems, source, err=True)
        raise click.exceptions.Exit(1) from error
    click.echo(msgspec.json.format(to_json(plan), indent=2).decode())
