"""`drivetrain doctor`: what is wrong on this machine, and how to mend it."""

from __future__ import annotations

import click

from drivetrain.home import Home
from drivetrain.view.cli.output import emit_json
from drivetrain.wire.health import Verdict, examine

COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


@click.command("doctor", short_help="Say what is wrong on this machine, and how to mend it.")
@click.option("--fix", is_flag=True, help="Mend what can safely be mended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, fix: bool, as_json: bool) -> int:
    """Say what is wrong on this machine, and how to mend it. The exit code is 1 when something fails."""
    findings = examine(Home.default(), fix=fix)
    if as_json:
        emit_json(findings)
    else:
        for finding in findings:
            word = click.style(f"{finding.verdict:<5}", fg=COLOURS[finding.verdict])
            click.echo(f"{word} {finding.name}: {finding.words}")
            if finding.mend:
                click.echo(f"      {click.style('hint:', fg='cyan')} {finding.mend}")
    return int(any(finding.verdict is Verdict.FAIL for finding in findings))
