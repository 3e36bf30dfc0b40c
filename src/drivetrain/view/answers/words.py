"""What is said of a run in a line. Pure; plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import Result, State
from drivetrain.source.hosts.model import Verdict
from drivetrain.view.answers.markdown import code, link, plain
from drivetrain.view.web.present import duration, seconds_between

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.run.model import JobRecord
    from drivetrain.view.answers.story import Results, Story

VERDICTS = {
    Result.SUCCEEDED: Verdict.SUCCEEDED,
    Result.SUCCEEDED_WITH_ISSUES: Verdict.SUCCEEDED,
    Result.SKIPPED: Verdict.SUCCEEDED,
    Result.FAILED: Verdict.FAILED,
    Result.CANCELED: Verdict.CANCELED,
}
ICONS = {
    Verdict.PENDING: "🟡",
    Verdict.RUNNING: "🔵",
    Verdict.SUCCEEDED: "✅",
    Verdict.FAILED: "❌",
    Verdict.CANCELED: "⚪",
    Verdict.ERROR: "❌",
    Verdict.NEUTRAL: "🟡",
}
WORDS = {
    Result.SUCCEEDED: "succeeded",
    Result.SUCCEEDED_WITH_ISSUES: "succeeded with issues",
    Result.SKIPPED: "was skipped",
    Result.FAILED: "failed",
    Result.CANCELED: "was canceled",
}


def verdict(story: Story) -> Verdict:
    """How the commit is doing, by its newest run."""
    run = story.run
    if run.state is State.COMPLETED:
        return VERDICTS[run.result or Result.FAILED]
    return Verdict.PENDING if run.state is State.PENDING or run.waiting else Verdict.RUNNING


def title(story: Story, now: datetime) -> str:
    """`Failed: Train`, `Running: 2 of 5 jobs are done`; with the run's number and a command where it has no page."""
    words = _standing(story, now)
    if story.results.page:
        return words
    return f"{words} (run {plain(story.run.number, 40)}: drivetrain show {story.run.id})"


def _standing(story: Story, now: datetime) -> str:
    run = story.run
    if run.state is State.COMPLETED:
        return _ended(story, now)
    if run.canceling:
        return "Is being canceled"
    waiting = [each for each in story.stages if each.waiting]
    if run.waiting and waiting:
        return f"Waits: {plain(waiting[0].display_name, 40)}: {plain(waiting[0].reason, 60)}"
    if run.state is State.PENDING:
        return "Queued"
    done = sum(each.state is State.COMPLETED for each in story.jobs)
    return f"Running: {done} of {counted(len(story.jobs), 'job')} done"


def _ended(story: Story, now: datetime) -> str:
    run = story.run
    result = run.result or Result.FAILED
    word = WORDS[result].removeprefix("was ").capitalize()
    bad = failed_jobs(story)
    if result is Result.FAILED and bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"{word}: {plain(bad[0].display_name, 60)}{more}{_gate(story)}"
    if result is Result.FAILED and not story.jobs and story.issues:
        return f"{word}: {plain(story.issues[0].message, 90)}"
    return f"{word} in {took(story.results, now)}: {counted(len(story.jobs), 'job')}{_gate(story)}"


def _gate(story: Story) -> str:
    return f"; {plain(story.gate_line, 80)}" if story.gate_line else ""


def failed_jobs(story: Story) -> list[JobRecord]:
    """Jobs that did not do what they should."""
    return [each for each in story.jobs if each.result is Result.FAILED]


def took(results: Results, now: datetime) -> str:
    """How long a run took."""
    from_, to = results.run.started_at or results.run.created_at, results.run.finished_at
    return duration(seconds_between(from_, to, now))


def counted(amount: int, what: str) -> str:
    """`1 job`, `3 jobs`."""
    return f"{amount:,} {what}{'' if amount == 1 else 's'}"


def named(results: Results, word: str = "run") -> str:
    """A run by its number, leading to its page. Markdown."""
    return f"{link(f'{word} {results.run.id}', results.page)} ({code(results.run.number, 60)})"
