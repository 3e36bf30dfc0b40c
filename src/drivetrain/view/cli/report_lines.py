"""Test results on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.view.cli.output import printable
from drivetrain.view.reports.words import change, counted, percent, took

if TYPE_CHECKING:
    from drivetrain.run.reports.model import Measure
    from drivetrain.view.reports.ports import RunPoint, RunTests


def defused(text: str) -> str:
    """A line of a test's own words in which no logging command can be found, should a pipeline's step print it."""
    return printable(text).replace("##vso[", "## vso[")


def print_counts(tests: RunTests) -> None:
    """A line of counts, when there are any."""
    if not tests.reports:
        return
    words = [counted(tests.counts), f"in {took(tests.counts.seconds)}"]
    if tests.before is not None:
        against = f"against #{printable(tests.before.number)}: {tests.new_failures} newly failed, {tests.fixed} fixed"
        words.append(f"({against})")
    click.echo(click.style("  " + " ".join(words), fg="red" if tests.counts.failed else None))


def print_coverage(found: tuple[Measure, RunPoint | None, Measure] | None) -> None:
    """A line of coverage, when there is any."""
    if found is None:
        return
    lines, before, before_lines = found
    against = f", {change(lines, before_lines)} against #{printable(before.number)}" if before else ""
    click.echo(f"  coverage {percent(lines)}{against}: {lines.covered:,} of {lines.total:,} lines")


def print_message(text: str) -> None:
    """Somebody else's text, indented, nothing in it obeyed by the terminal."""
    for line in text.strip("\n").splitlines():
        click.echo("    " + defused(line.replace("\t", "    ")))
