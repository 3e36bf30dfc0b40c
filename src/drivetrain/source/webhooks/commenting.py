"""A comment that asks for something becomes events and an answer, when its author may write to the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.source.events import KnownPullRequest, PullRequestChanged
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.webhooks.commands import Verb, called, command, helped, listed, no_such, started, where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.source.events import PullRequest
    from drivetrain.source.hosts.model import Link
    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project
    from drivetrain.source.ports import PullRequests, SourceEvents
    from drivetrain.source.webhooks.commands import Command
    from drivetrain.source.webhooks.model import Commented
    from drivetrain.source.webhooks.ports import Commits, Replies

    Hosts = Callable[[Link], Host | None]


class Asked(Struct, frozen=True):
    """A command with all that it is about."""

    said: Commented
    command: Command
    link: Link
    projects: Sequence[Project]
    """Those of the repository, by name."""

    @property
    def names(self) -> list[str]:
        """The names of the pipelines."""
        return [project.name for project in self.projects]

    @property
    def once(self) -> str:
        """The comment, whose ids count within a host's repository only."""
        link = self.link
        return f"comment {link.host} {link.api} {link.repository.casefold()} {self.said.number} {self.said.id}"


class Commenting:
    """Acts on comments; gives back in words what came of each."""

    def __init__(
        self,
        events: SourceEvents,
        pull_requests: PullRequests,
        replies: Replies,
        commits: Commits,
        hosts: Hosts,
        *,
        url: str = "",
    ) -> None:
        """`hosts` gives who speaks to the host of a link, None where there are no credentials. `url` is where people
        reach this server; empty when they cannot.
        """
        self._events = events
        self._pull_requests = pull_requests
        self._replies = replies
        self._commits = commits
        self._hosts = hosts
        self._url = url

    def commented(self, said: Commented, link: Link, projects: Sequence[Project]) -> str:
        """Carry a comment's command out. Raises UserError, UnavailableError when the host cannot be asked now."""
        wanted = command(said.text)
        if wanted is None:
            return "a comment for people only"
        host = self._hosts(link)
        if not _may_write(said, host):
            return f"{_word(wanted)}: {said.author} may not write to {link.repository}, as far as is known"
        asked = Asked(said, wanted, link, projects)
        if wanted.verb is Verb.RUN:
            return self._run(asked, host)
        text = {
            Verb.LIST: lambda: listed(asked.names),
            Verb.WHERE: lambda: where(asked.names, self._url),
            Verb.HELP: lambda: helped(wanted.unknown),
        }[wanted.verb]()
        return self._answer(asked, text, f"{_word(wanted)}: answered")

    def _run(self, asked: Asked, host: Host | None) -> str:
        meant = called(asked.names, asked.command.name)
        chosen = [project for project in asked.projects if project.name in meant]
        if not chosen:
            text = no_such(asked.command.name, asked.names)
            return self._answer(asked, text, f"/azp run: there is no pipeline {asked.command.name!r}")
        events = [self._ask(asked, project, host) for project in chosen]
        taken = [str(event) for event in events if event is not None]
        told = f"event {', '.join(taken)}" if taken else "done before"
        return self._answer(asked, started(meant), f"/azp run: {told}")

    def _ask(self, asked: Asked, project: Project, host: Host | None) -> int | None:
        told = self._now(asked.said, project, host)
        update = RefUpdate(project.id, told.ref, told.base_sha, told.head_sha)
        cause = PullRequestChanged(told, asked_by=asked.said.author, action="asked")
        return self._events.add(update, Reason.PULL_REQUEST, cause, f"{asked.once} for {project.id}")

    def _now(self, said: Commented, project: Project, host: Host | None) -> PullRequest:
        """The pull request as it is now: a comment may come with an old state of it, or with none."""
        known = self._pull_requests.get(project.id, said.number)
        before = known.pull_request if known else None
        told = host.pull_request(said.number) if host else said.pull_request or before
        if told is None:
            raise NotFoundError(f"nothing is known of pull request {said.number}", hint="connect the project's host")
        if told.state != "open":
            raise ConflictError(f"pull request {said.number} is {told.state}")
        head = self._commits.head(project, told)
        if not head:
            raise NotFoundError(f"the branch of pull request {said.number} is elsewhere by now")
        told = replace(told, head_sha=head)
        if known is None:
            self._pull_requests.put(project.id, KnownPullRequest(told))
        return told

    def _answer(self, asked: Asked, text: str, outcome: str) -> str:
        self._replies.say(asked.projects[0].id, asked.said.number, text, asked.once)
        return outcome


def _may_write(said: Commented, host: Host | None) -> bool:
    """The host is asked. Where nobody can ask it, the word of the delivery counts, when it is sure."""
    if said.trusted or not said.author or host is None:
        return said.trusted is True
    return host.may_write(said.author)


def _word(wanted: Command) -> str:
    return f"/azp {wanted.unknown or wanted.verb}"
