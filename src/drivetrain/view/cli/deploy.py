"""`drivetrain deploy`: a model goes live, safely."""

from __future__ import annotations

from pathlib import Path

import click

from drivetrain.errors import UserError
from drivetrain.serve.model import Runtime
from drivetrain.view.cli.deployment_words import Words, plan_of, spec_of
from drivetrain.view.cli.output import printable
from drivetrain.view.cli.releasing import follow
from drivetrain.view.cli.verdict_lines import emit_defused
from drivetrain.wire.serving.deployment_file import deployment_of
from drivetrain.wire.serving.serving import serving_of, who_changes
from drivetrain.wire.storage import Storage

STEPS = "10,50,100"
WATCH = 10.0


@click.command()
@click.argument("model", required=False, default="", metavar="[MODEL[:VERSION|@ALIAS]]")
@click.option("--endpoint", default="", metavar="NAME", help="Where; it is made when it is not there.")
@click.option("--deployment", default="", metavar="NAME", help="Which; else blue or green, whichever has no traffic.")
@click.option("--files", default="", metavar="DIR", help="A folder with the model, when it is no registered one.")
@click.option("--script", default="", metavar="FILE", help="A scoring script with init() and run(raw_data).")
@click.option("--command", default="", metavar="TEXT", help="A program that serves HTTP on the port {port}.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="A deployment as Azure's YAML has it.",
)
@click.option("--steps", default=STEPS, show_default=True, metavar="PERCENTS", help="How the traffic grows.")
@click.option("--watch", type=click.FloatRange(0), default=WATCH, show_default=True, help="Seconds for each step.")
@click.option("--mirror", type=click.IntRange(0, 100), default=0, metavar="PERCENT", help="First, copies of so much.")
@click.option("--at-once", is_flag=True, help="All traffic as soon as it is ready and has answered its example.")
@click.option("--instances", type=click.IntRange(1, 100), help="How many replicas.  [default: 1]")
@click.option("--runtime", type=click.Choice([str(each) for each in Runtime]), help="By what it runs.  [default: auto]")
@click.option("--env", multiple=True, metavar="K=V", help="A variable of the replicas; repeatable.")
@click.option("--secret", multiple=True, metavar="K=VAR", help="One whose value is in our variable VAR; repeatable.")
@click.option("--sleep-after", type=click.FloatRange(0), help="Seconds without a request; 0 is never.  [default: 0]")
@click.option("--requirements", default="", metavar="FILE", help="Its packages: a requirements or conda file.")
@click.option("--python", default="", metavar="VERSION", help="Its Python.")
@click.option(
    "--concurrent",
    type=click.IntRange(1, 10_000),
    help="Requests a replica gets at once.  [default: 64; scripts: 1]",
)
@click.option("--collect", type=click.FloatRange(0, 1), metavar="SHARE", help="Write this share of the requests down.")
@click.option("--redact", multiple=True, metavar="COLUMN", help="But not the values of this one; repeatable.")
@click.option("--no-wait", is_flag=True, help="Do not wait for its end; a running server goes on.")
@click.option("--json", "as_json", is_flag=True, help="Print the release as JSON.")
def command(
    model: str,
    endpoint: str,
    deployment: str,
    file: Path | None,
    steps: str,
    watch: float,
    mirror: int,
    *,
    at_once: bool,
    no_wait: bool,
    as_json: bool,
    **options: object,
) -> int:
    """Deploy a model, and give it traffic step by step.

    It is prepared, started and tried with the model's own example; then it gets more and more traffic beside the old
    one, and is rolled back by itself when it answers with more errors, or slower. The old one stays up: `drivetrain
    rollback NAME` brings it back at once. Exits with 1 when it did not go live.
    """
    said = deployment_of(file) if file is not None else None
    where = endpoint or (said.endpoint if said is not None else "")
    if not where:
        raise UserError("where is it to be deployed?", hint="--endpoint NAME")
    who = who_changes()
    storage = Storage(who.home)
    spec = spec_of(Words(model=model, **options), said.spec if said is not None else None)  # type: ignore[arg-type]
    plan = plan_of(steps, watch, mirror, at_once=at_once)
    name = deployment or (said.name if said is not None else "")
    release = serving_of(storage).deploy(where, spec, plan, by=who.by, run_id=who.run_id, name=name)
    if not as_json:
        click.echo(f"release {release.id}: {printable(release.deployment)} of {printable(release.endpoint)}", err=True)
    code = 0 if no_wait else follow(storage, release, quiet=as_json)
    if as_json:
        emit_defused(storage.releases.get(release.id))
    elif no_wait:
        click.echo(f"watch it: drivetrain releases watch {release.id}", err=True)
    return code
