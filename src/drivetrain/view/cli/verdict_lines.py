"""Verdicts of gates on a terminal. Names of models and metrics are strangers' words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from drivetrain.view.cli.output import table
from drivetrain.view.cli.report_lines import defused
from drivetrain.view.verdicts import shown, why

if TYPE_CHECKING:
    from drivetrain.registry.gates.model import Finding, Verdict


def print_verdict(verdict: Verdict) -> None:
    """A line, and a table with a row for each comparison."""
    click.echo(headline_of(verdict))
    table(["", "rule", "candidate", "champion", "limit", "why"], [_row(each) for each in verdict.findings])
    if verdict.data_digest:
        click.echo(f"evaluated on {verdict.data_digest}")
    if verdict.promoted:
        click.echo(f"{defused(verdict.candidate)} is now {defused(verdict.promoted)}")


def emit_defused(value: object) -> None:
    """Print JSON in which no logging command can be found, should a pipeline's step print it."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    click.echo(text.replace("##vso[", "\\u0023#vso["))


def headline_of(verdict: Verdict) -> str:
    """`passed gate diabetes: diabetes:3 against diabetes:2 (verdict 7)`."""
    against = f"against {defused(verdict.champion)}" if verdict.champion else "without a champion"
    names = f"{defused(verdict.gate)}: {click.style(defused(verdict.candidate), bold=True)} {against}"
    return f"{word(passed=verdict.passed)} gate {names}  (verdict {verdict.id})"


def word(*, passed: bool) -> str:
    """`passed` or `failed` with its sign, in its colour."""
    return click.style("✓ passed", fg="green") if passed else click.style("✗ failed", fg="red")


def _row(finding: Finding) -> list[str]:
    sign = click.style("✓", fg="green") if finding.passed else click.style("✗", fg="red")
    numbers = [shown(each) for each in (finding.candidate, finding.champion, finding.limit)]
    return [sign, defused(finding.rule), *numbers, defused(why(finding))]
