"""What is told of a commit: a line for a status, a summary and annotations for a check run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import State
from drivetrain.source.hosts.model import Report, Verdict
from drivetrain.view.answers import tables, words
from drivetrain.view.answers.annotations import annotated
from drivetrain.view.answers.markdown import code, plain

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.source.events import PullRequest
    from drivetrain.view.answers.story import Story

LONGEST = 60_000
"""Characters of a summary; GitHub takes 65,535."""
PULL_REQUEST = "/pr"
"""What the name of a report on a pull request has at its end: the same commit may have a run of its branch as well."""


def report_name(project: str, *, pull_request: bool) -> str:
    """What hosts call the reports of a project: rules for branches name it. It never changes."""
    return f"drivetrain/{project}{PULL_REQUEST if pull_request else ''}"


def report(story: Story, now: datetime) -> Report:
    """The report as the run is now."""
    run = story.run
    completed = run.state is State.COMPLETED
    return Report(
        name=story.name,
        sha=story.sha,
        verdict=words.verdict(story),
        title=words.title(story, now),
        url=story.results.page,
        summary=_summary(story, now),
        annotations=annotated(story) if completed else (),
        started_at=run.started_at,
        finished_at=run.finished_at if completed else "",
        reference=f"run {run.id}.{max((each.attempt for each in story.stages), default=1)}",
    )


def _summary(story: Story, now: datetime) -> str:
    parts = [
        tables.lead(story, now),
        story.gate,
        tables.jobs(story, now),
        tables.problems(story),
        tables.tests(story),
        tables.metrics(story),
        tables.parameters(story),
        tables.software(story),
    ]
    return tables.sections(parts)[:LONGEST]


def without_run(name: str, pull: PullRequest, verdict: Verdict, why: str, event_id: int) -> Report:
    """That a commit has no run, and why."""
    return Report(
        name=name,
        sha=pull.head_sha,
        verdict=verdict,
        title=plain(why, 200),
        url="",
        summary=f"No run of commit {code(pull.head_sha[:8])}: {code(why, 1000)}.",
        reference=f"event {event_id}",
    )
