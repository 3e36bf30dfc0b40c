"""`drivetrain models`: registered models, their versions, and versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import SHORT_SHA, ago, emit_json, printable, table
from drivetrain.view.models.compare import compare as beside
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import ModelVersion, Promotion
    from drivetrain.registry.versions.ports import Models

HEADERS = ("model", "versions", "newest", "champion", "made", "run", "commit")
SHORT_DIGEST = len("sha256:") + 12
COLOURS = {"better": "green", "worse": "red"}
MOST_PACKAGES = 10


@click.group("models", invoke_without_command=True, short_help="List models; show and compare their versions.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """List registered models.

    `show` says all that is known of one, `compare` puts two versions side by side.
    """
    if context.invoked_subcommand is None:
        _list(Storage(Home.default()).models, as_json=as_json)


def _list(models: Models, *, as_json: bool) -> None:
    found = {name: models.versions(name) for name in models.names()}
    if as_json:
        emit_json(found)
    elif found:
        table(HEADERS, [_row(name, versions) for name, versions in found.items()])
    else:
        click.echo("no models; a training run registers one: mlflow.register_model(...)", err=True)


def _row(name: str, versions: Sequence[ModelVersion]) -> list[str]:
    if not versions:
        return [printable(name), "0", "", "", "", "", ""]
    newest = versions[0]
    champion = next((each.version for each in versions if "champion" in each.aliases), "")
    run = str(newest.run_id or "")
    made = [ago(newest.created_at), run, newest.commit[:SHORT_SHA]]
    return [printable(name), str(len(versions)), newest.version, champion, *made]


@command.command("show")
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(model: str, *, as_json: bool) -> None:
    """Show a model with its versions, or one version.

    MODEL is NAME for the model, NAME:VERSION or NAME@ALIAS for a version.
    """
    models = Storage(Home.default()).models
    if ":" not in model and "@" not in model:
        _show_model(models, model, as_json=as_json)
        return
    found = models.find(model)
    if as_json:
        emit_json(found)
    else:
        _show_version(found)


def _show_model(models: Models, name: str, *, as_json: bool) -> None:
    versions, promotions = models.versions(name), models.promotions(name)
    if as_json:
        emit_json({"name": name, "versions": versions, "promotions": promotions})
        return
    table(
        ("version", "aliases", "made", "run", "commit", "digest", "metrics"),
        [
            [
                each.version,
                " ".join(each.aliases),
                ago(each.created_at),
                str(each.run_id or ""),
                each.commit[:SHORT_SHA] + ("+" if each.dirty else ""),
                each.digest[:SHORT_DIGEST],
                _metrics(each),
            ]
            for each in versions
        ],
    )
    for each in promotions:
        click.echo(f"{each.at}  {promoted(each)}")


def promoted(promotion: Promotion) -> str:
    """A promotion in words."""
    by = f" by {printable(promotion.by)}" if promotion.by else ""
    run = f" in run {promotion.run_id}" if promotion.run_id is not None else ""
    reason = f": {printable(promotion.reason)}" if promotion.reason else ""
    alias, before = promotion.alias, f" (before: {promotion.before})" if promotion.before else ""
    if not promotion.version:
        return f"{alias} was taken from {printable(promotion.model)}:{promotion.before}{by}{run}{reason}"
    return f"{alias} is {printable(promotion.model)}:{promotion.version}{before}{by}{run}{reason}"


def _metrics(version: ModelVersion) -> str:
    return ", ".join(f"{printable(name)} {value:.5g}" for name, value in sorted(version.metrics.items()))


def _show_version(version: ModelVersion) -> None:
    aliases = "".join(f" @{alias}" for alias in version.aliases)
    click.echo(click.style(f"{printable(version.reference)}{aliases}", bold=True))
    for name, value in _facts(version):
        if value:
            click.echo(f"  {name + ':':14}{printable(value)}")
    for name, param in sorted(version.params.items()):
        click.echo(f"  {'parameter:':14}{printable(name)} = {printable(param)}")
    for name, number in sorted(version.metrics.items()):
        click.echo(f"  {'metric:':14}{printable(name)} = {number}")
    click.echo(f"\ndrivetrain lineage {printable(version.reference)} draws where it comes from")


def _facts(version: ModelVersion) -> list[tuple[str, str]]:
    tree = {None: "", True: ", with uncommitted changes", False: ""}[version.dirty]
    run = f"{version.run_id} ({version.run_number})" if version.run_id is not None else ""
    packages = [f"{name}=={number}" for name, number in sorted(version.packages.items())]
    more = f" and {len(packages) - MOST_PACKAGES} more" if len(packages) > MOST_PACKAGES else ""
    return [
        ("made", f"{version.created_at}{f' by {version.by}' if version.by else ''}"),
        ("run", run),
        ("reproduces", version.reproduces),
        ("commit", f"{version.commit} of {version.branch}{tree}" if version.commit else ""),
        ("repository", version.repository),
        ("training run", version.training_run),
        *(("data", f"{each.name} {each.digest} {each.context} {each.source}") for each in version.data),
        ("digest", f"{version.digest} ({version.size:,} bytes, {len(version.files)} files)" if version.digest else ""),
        ("flavors", ", ".join(version.flavors)),
        ("python", version.python),
        ("packages", ", ".join(packages[:MOST_PACKAGES]) + more),
        ("stage", version.stage),
        ("about", version.description),
    ]


@command.command("compare")
@click.argument("name")
@click.argument("one")
@click.argument("two")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(name: str, one: str, two: str, *, as_json: bool) -> None:
    """Compare two versions: ONE and TWO are versions, or @ALIAS.

    `better` and `worse` speak of the second. Which way a metric is to go is what the training run says in the tag
    drivetrain.metric.NAME (`min` or `max`), else what its name means.
    """
    models = Storage(Home.default()).models
    first, second = (models.find(f"{name}{each if each.startswith('@') else f':{each}'}") for each in (one, two))
    found = beside(first, second)
    if as_json:
        emit_json({"one": first, "two": second, "params": found.params, "metrics": found.metrics})
        return
    rows = [
        [printable(each.name), _number(each.one), _number(each.two), click.style(each.mark, fg=COLOURS.get(each.mark))]
        for each in found.metrics
    ]
    rows += [
        [printable(each.name), printable(each.one or ""), printable(each.two or ""), "" if each.same else "differs"]
        for each in found.params
    ]
    table(("", printable(first.reference), printable(second.reference), ""), rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
