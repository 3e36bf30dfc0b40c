"""`drivetrain tests`: the tests of one run, failed ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec
from msgspec.structs import asdict

from drivetrain.home import Home
from drivetrain.run.reports.model import CaseOutcome
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.output import coloured, printable, status
from drivetrain.view.cli.report_lines import defused, print_counts, print_message
from drivetrain.view.reports.ports import CaseFilter
from drivetrain.view.reports.words import told, took
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drivetrain.run.model import Run
    from drivetrain.view.reports.ports import Case, CasePage, ReportQueries, RunTests

TOGETHER = 500
MARKS = {
    CaseOutcome.FAILED: ("✗", "red"),
    CaseOutcome.PASSED: ("✓", "green"),
    CaseOutcome.INCONCLUSIVE: ("?", "yellow"),
    CaseOutcome.NOT_EXECUTED: ("-", "bright_black"),
}


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--failed", is_flag=True, help="Only failed tests.")
@click.option("--text", default="", help="Only tests with this in their name, class or message.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: str | None, text: str, *, failed: bool, as_json: bool) -> None:
    """Show the tests of a run, failed ones first.

    RUN is an id or a number; without it, the newest run. Failed tests come with message and stack, and since when
    they fail.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    summary = storage.reports.tests(chosen.id)
    wanted = CaseFilter(outcome=CaseOutcome.FAILED if failed else None, text=text, limit=TOGETHER)
    if as_json:
        _print_json(
            chosen, summary, (case for page in _pages(storage.reports, chosen.id, wanted) for case in page.cases)
        )
        return
    _head(chosen, summary)
    for page in _pages(storage.reports, chosen.id, wanted):
        for case in page.cases:
            _case(case)


def _print_json(run: Run, summary: RunTests, cases: Iterable[Case]) -> None:
    data = {
        "run": run.id,
        "number": run.number,
        "counts": {"total": summary.counts.total, **asdict(summary.counts)},
        "new_failures": summary.new_failures,
        "fixed": summary.fixed,
        "compared_with": summary.before,
        "tests": [_plain(case) for case in cases],
    }
    text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    # The same JSON, in which no logging command can be found, should a pipeline's step print it.
    click.echo(text.replace("##vso[", "\\u0023#vso["))


def _plain(case: Case) -> dict[str, object]:
    result, history = case.result, case.history
    return {
        "job": str(case.job),
        "attempt": case.attempt,
        "storage": result.storage,
        "name": result.name,
        "title": result.title,
        "outcome": result.outcome,
        "seconds": result.seconds,
        "message": result.message,
        "stack": result.stack,
        "failing_since": history.since,
        "failing_runs": history.streak,
        "new": history.new,
        "fixed": history.fixed,
        "flaky": history.flaky,
    }


def _pages(reports: ReportQueries, run_id: int, wanted: CaseFilter) -> Iterator[CasePage]:
    offset = 0
    while True:
        page = reports.cases(run_id, CaseFilter(wanted.outcome, wanted.text, None, offset, wanted.limit))
        yield page
        offset += len(page.cases)
        if not page.cases or offset >= page.total:
            return


def _head(run: Run, summary: RunTests) -> None:
    number = click.style(printable(run.number), bold=True)
    click.echo(f"{coloured(status(run.state, run.result))}  {number}  {printable(run.pipeline)}  (run {run.id})")
    if not summary.reports:
        click.echo("  no tests were published; the task PublishTestResults@2 does that")
        return
    print_counts(summary)


def _case(case: Case) -> None:
    result = case.result
    sign, colour = MARKS[result.outcome]
    lasted = click.style(took(result.seconds), fg="bright_black")
    storage = f"{defused(result.storage)} " if result.storage else ""
    title = click.style(defused(result.title), bold=True)
    remarks = "".join(f"  [{printable(words)}]" for _, words in told(case.history))
    click.echo(f"{click.style(sign, fg=colour)} {storage}{title}  {lasted}{remarks}")
    print_message(result.message)
    print_message(result.stack)
