"""`drivetrain show`: one run in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from drivetrain.home import Home
from drivetrain.run.model import StageRecord, State
from drivetrain.view.cli.choose import choose_run
from drivetrain.view.cli.gate_lines import print_gates
from drivetrain.view.cli.output import (
    SHORT_SHA,
    WAITING,
    ago,
    coloured,
    duration,
    elapsed,
    emit_json,
    headline,
    mark,
    printable,
    run_status,
    short_ref,
    status,
)
from drivetrain.view.cli.report_lines import print_counts, print_coverage
from drivetrain.view.cli.training import print_training_runs
from drivetrain.view.cli.verdict_lines import print_verdict
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.run.model import EndedStage, Issue, JobRecord, Run, StepRecord, Timeline

IMPLICIT_STAGE = "__default"
KILO = 1000.0


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--attempt", type=click.IntRange(1), help="Only this attempt at each stage and job.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: str | None, attempt: int | None, *, as_json: bool) -> None:
    """Show one run: stages, jobs, steps, issues, training runs.

    RUN is an id or a number; without it, the newest run. All attempts are shown; --attempt chooses one.
    """
    storage = Storage(Home.default())
    chosen = choose_run(storage.queries, run)
    timeline = storage.queries.timeline(chosen.id)
    training = storage.training_runs.of_pipeline_run(chosen.id)
    questions = storage.desk().of_run(chosen.id)
    verdicts = storage.verdicts.of_run(chosen.id)
    tests, lines = storage.reports.tests(chosen.id), storage.reports.coverage_lines(chosen.id)
    if as_json:
        coverage = lines[0] if lines else None
        emit_json(
            {
                "timeline": timeline,
                "training_runs": list(training),
                "tests": tests,
                "coverage": coverage,
                "checks": questions,
                "verdicts": list(verdicts),
            }
        )
        return
    _header(timeline.run)
    print_counts(tests)
    print_coverage(lines)
    for stage in timeline.stages:
        _stage(stage, timeline, attempt)
        print_gates(questions, stage.name, "" if stage.name == IMPLICIT_STAGE else "  ")
    for issue in timeline.issues:
        if attempt in {None, issue.attempt}:
            _issue(issue)
    for artifact in timeline.artifacts:
        what = printable(artifact.location) or f"{artifact.files} files, {size(artifact.size)}"
        removed = f", removed {artifact.removed_at[:10]}" if artifact.removed_at else ""
        click.echo(f"artifact {printable(artifact.name)}: {what}{removed}")
    print_training_runs(training)
    for verdict in verdicts:
        click.echo()
        print_verdict(verdict)


def _header(run: Run) -> None:
    commit = run.source.commit
    took = duration(elapsed(run.started_at, run.finished_at))
    number = click.style(printable(run.number), bold=True)
    click.echo(f"{coloured(run_status(run))}  {number}  {printable(run.pipeline)}  (run {run.id})")
    branch = printable(short_ref(run.source.ref))
    click.echo(f"  {branch} {commit.sha[:SHORT_SHA]}  {printable(commit.message)}")
    requested = printable(run.requested_for)
    click.echo(f"  {run.reason} for {requested}, {ago(run.started_at or run.created_at)}, took {took or '-'}")
    if run.checks_skipped_by:
        click.echo(f"  approvals and checks skipped by {printable(run.checks_skipped_by)}")
    if run.tags:
        click.echo(f"  tags: {', '.join(map(printable, run.tags))}")


def _stage(stage: StageRecord, timeline: Timeline, attempt: int | None) -> None:
    indent = ""
    if stage.name != IMPLICIT_STAGE:
        for each in (*(_as_it_was(stage, ended) for ended in stage.earlier), stage):
            if attempt in {None, each.attempt}:
                _line("", each, f"{stage.display_name}{_again(each.attempt)}")
        indent = "  "
    for job in timeline.jobs:
        if job.ref.stage == stage.name and attempt in {None, job.attempt}:
            _line(indent, job, f"{job.display_name}{_again(job.attempt)}")
            for step in timeline.steps:
                if (step.job, step.attempt) == (job.ref, job.attempt):
                    _line(f"{indent}  {step.index:>2} ", step, step.display_name)


def _again(attempt: int) -> str:
    return f" (attempt {attempt})" if attempt > 1 else ""


def _as_it_was(stage: StageRecord, ended: EndedStage) -> StageRecord:
    """The stage as an earlier attempt at it ended."""
    return StageRecord(
        stage.name,
        stage.display_name,
        State.COMPLETED,
        ended.result,
        ended.attempt,
        ended.reason,
        ended.started_at,
        ended.finished_at,
    )


def _line(indent: str, record: StageRecord | JobRecord | StepRecord, title: str) -> None:
    took = click.style(duration(elapsed(record.started_at, record.finished_at)), fg="bright_black")
    reason = f"  {headline(record.reason)}" if record.reason else ""
    word = WAITING if isinstance(record, StageRecord) and record.waiting else status(record.state, record.result)
    click.echo(f"{indent}{mark(word)} {printable(title)}  {took}{reason}".rstrip())


def _issue(issue: Issue) -> None:
    colour = "red" if issue.type == "error" else "yellow"
    place = f"{issue.file}:{issue.line}:{issue.column}: " if issue.file else ""
    message = "\n  ".join(printable(line) for line in issue.message.splitlines())
    click.echo(f"{click.style(issue.type + ':', fg=colour)} {printable(place)}{message}")


def size(count: float) -> str:
    """A number of bytes for people: 512 B, 1.2 kB, 3.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < KILO:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= KILO
    return f"{count:.1f} TB"
