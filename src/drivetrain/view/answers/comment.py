"""The one comment at a pull request that is kept up to date. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.hosts.model import Verdict
from drivetrain.view.answers import tables, words
from drivetrain.view.answers.markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from drivetrain.source.events import PullRequest
    from drivetrain.view.answers.story import Story

LONGEST = 60_000
"""Characters. GitHub takes 65,536, Azure Repos 150,000, Bitbucket 32,768 (of which its client has to cut)."""
FOOT = "<sub>Drivetrain keeps this comment up to date.</sub>"


def mark(name: str) -> str:
    """What the comment begins with, unseen: by it it is found again. Names of projects hold none of `<>-->`."""
    kept = "".join(sign for sign in plain(name, 100) if sign not in "<>")
    return f"<!-- drivetrain: {kept.replace('--', '- -')} -->"


def comment(story: Story, now: datetime) -> str:
    """What came of the newest run of a pull request."""
    verdict = words.verdict(story)
    head = f"### {words.ICONS[verdict]} {code(story.run.pipeline, 80)} {_came(story)}"
    shown = verdict is not Verdict.SUCCEEDED
    parts = [
        tables.lead(story, now),
        story.gate,
        tables.metrics(story),
        tables.parameters(story),
        tables.software(story),
        tables.tests(story),
        tables.problems(story) if shown else "",
        tables.jobs(story, now) if shown else "",
        _nothing_before(story),
    ]
    return assembled(mark(story.name), head, parts)


def _came(story: Story) -> str:
    return words.WORDS[story.run.result] if story.run.result else "is under way"


def _nothing_before(story: Story) -> str:
    if story.before is None and story.results.training:
        return f"{code(story.target, 60)} has had no good run yet: there is nothing to compare the metrics with."
    return ""


def without_run(name: str, project: str, pull: PullRequest, verdict: Verdict, why: str) -> str:
    """That a pull request has no run, and why."""
    head = f"### {words.ICONS[verdict]} {code(project, 80)} {'waits' if verdict is Verdict.NEUTRAL else 'has no run'}"
    said = f"No run of commit {code(pull.head_sha[:8])}: {code(why, 400)}."
    hint = (
        "Somebody who may write to this repository can start it: comment `/azp run`."
        if verdict is Verdict.NEUTRAL
        else ""
    )
    return assembled(mark(name), head, [said, hint])


def assembled(begin: str, head: str, parts: Sequence[str]) -> str:
    """Head, parts and foot; parts at the end are left out when all would be too long."""
    kept: list[str] = []
    left = LONGEST - len(begin) - len(head) - len(FOOT) - 200
    for part in parts:
        if not part:
            continue
        left -= len(part) + 2
        if left < 0:
            kept.append("More is on the run's page.")
            break
        kept.append(part)
    return "\n\n".join([begin, head, *kept, FOOT])
