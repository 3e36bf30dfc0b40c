"""Works an answer out as things are now, and gives it to the host."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drivetrain.run.model import State
from drivetrain.source.events import PullRequestChanged
from drivetrain.source.hosts.model import Report  # noqa: TC001 - a struct's field
from drivetrain.view.answers import comment, report
from drivetrain.view.answers.events import verdict_of
from drivetrain.view.answers.model import AnswerKind

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.ports import Projects, SourceEvents
    from drivetrain.view.answers.model import Owed
    from drivetrain.wire.answers.pictures import RunPictures
    from drivetrain.wire.answers.stories import Stories


class Answer(Struct, frozen=True):
    """What is to be told now."""

    content: Report | str
    """A report on a commit, or the text of a comment."""

    @property
    def digest(self) -> str:
        """The same for the same answer."""
        return hashlib.sha256(msgspec.json.encode(self.content)).hexdigest()[:32]


class Composer:
    """Any thread may call it."""

    def __init__(self, stories: Stories, pictures: RunPictures, events: SourceEvents, projects: Projects) -> None:
        self._stories = stories
        self._pictures = pictures
        self._events = events
        self._projects = projects

    def compose(self, owed: Owed, now: datetime) -> Answer | None:
        """The answer; None when there is nothing to tell any more, or not yet: a comment waits for its run's end."""
        if owed.subject.kind is AnswerKind.REPLY:
            return Answer(f"<!-- drivetrain: {owed.subject.name} -->\n\n{owed.text}")
        return self._of_event(owed) if owed.event_id is not None else self._of_run(owed, now)

    def _of_run(self, owed: Owed, now: datetime) -> Answer | None:
        run = self._stories.run(owed.run_id) if owed.run_id is not None else None
        story = self._stories.story(run) if run else None
        if story is None or (owed.subject.kind is AnswerKind.COMMENT and story.run.state is not State.COMPLETED):
            return None
        if story.run.state is State.COMPLETED:
            story = self._pictures.shown(story)
        if owed.subject.kind is AnswerKind.COMMENT:
            return Answer(comment.comment(story, now))
        return Answer(report.report(story, now))

    def _of_event(self, owed: Owed) -> Answer | None:
        event = self._events.get(owed.event_id or 0)
        project = self._projects.get(owed.subject.project_id)
        verdict = verdict_of(event.outcome) if event else None
        if project is None or event is None or verdict is None or not isinstance(event.cause, PullRequestChanged):
            return None
        name, pull = report.report_name(project.name, pull_request=True), event.cause.pull_request
        if owed.subject.kind is AnswerKind.COMMENT:
            return Answer(comment.without_run(name, project.name, pull, verdict, event.outcome))
        return Answer(report.without_run(name, pull, verdict, event.outcome, event.id))


def deliver(host: Host, owed: Owed, answer: Answer) -> str:
    """Give it to the host; what it calls it comes back, to be kept as `Owed.known`. Raises as the port `Host` says."""
    if isinstance(answer.content, str):
        return host.comment(owed.subject.pull_request, answer.content, owed.known)
    # What a host knows of one run says nothing of the next one of the same commit.
    reference, _, key = owed.known.rpartition(" ")
    known = key if reference == answer.content.reference else ""
    return f"{answer.content.reference} {host.report(replace(answer.content, key=known))}"
