"""Deliveries from a host to what comes of them, on real stores; the host's answers and the time are ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from msgspec.json import encode
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.source.events import PullRequest, PullRequestChanged
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.inbox import Line, read_words
from drivetrain.source.webhooks.acting import Acting
from drivetrain.source.webhooks.commenting import Commenting
from drivetrain.source.webhooks.heads import Heads
from drivetrain.source.webhooks.processing import DeliveryProcessor
from drivetrain.source.webhooks.receiving import Answer
from tests.unit.source.webhooks import payloads
from tests.unit.source.webhooks.payload_cases.case import Case
from tests.unit.source.webhooks.signing import signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project, SourceEvent
    from tests.unit.source.webhooks.conftest import Site


@dataclass
class Writers:
    """A host that is asked who may write, and for a pull request; the rest of the Host port is not asked for here."""

    names: set[str]
    pull: PullRequest
    asked: list[str] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)

    def may_write(self, user: str) -> bool:
        self.asked.append(user)
        if self.trouble:
            raise self.trouble.pop()
        return user in self.names

    def pull_request(self, number: int) -> PullRequest:
        return replace(self.pull, number=number)


@dataclass
class World:
    site: Site
    host: Writers | None = None
    refs_of: dict[str, dict[str, str]] = field(default_factory=dict)
    now: float = 0.0
    said: list[str] = field(default_factory=list)
    guid: int = 0

    def refs(self, url: str) -> Mapping[str, str]:
        if url not in self.refs_of:
            raise UnavailableError(f"{url} does not answer")
        return self.refs_of[url]

    def processor(self, *, comments: bool) -> DeliveryProcessor:
        storage = self.site.storage
        heads = Heads(self)
        acting = Acting(storage.home.inbox, storage.source_events, storage.pull_requests, heads)
        commenting = Commenting(
            storage.source_events,
            storage.pull_requests,
            storage.answers,
            heads,
            lambda _: cast("Host | None", self.host),
            url="https://ci.example",
        )
        return DeliveryProcessor(
            storage.deliveries, storage.links, storage.projects, acting, commenting,
            comments=comments, report=self.said.append, steady=lambda: self.now,
        )  # fmt: skip

    def deliver(self, case: Case, *, key: str = "key-churn", secret: str = "", **more: Any) -> None:
        self.guid += 1
        body = encode({**case.body, **more, **({"id": f"e-{self.guid}"} if case.host is HostKind.AZURE_REPOS else {})})
        to = self.site.receiver.find(case.host, key)
        assert to is not None
        names = {"x-github-delivery", "x-gitea-delivery", "idempotency-key", "x-request-uuid"}
        headers = {
            **case.headers,
            **signed(case.host, body, secret or to.secret),
            **dict.fromkeys(names, str(self.guid)),
        }
        lower = {name.lower(): value for name, value in headers.items()}
        assert self.site.receiver.take(to, lower, body) is Answer.KEPT

    def process(self) -> list[tuple[str, str]]:
        """State and outcome of everything that was delivered, oldest first, after one round of both processors."""
        for comments in (False, True):
            self.processor(comments=comments).process()
        return [(each.state, each.outcome) for each in reversed(self.site.storage.deliveries.recent(limit=1000))]

    def come(self, case: Case, **more: Any) -> str:
        """Deliver and process; the outcome."""
        self.deliver(case, **more)
        return self.process()[-1][1]

    def words(self) -> list[tuple[int, str, tuple[Line, ...]]]:
        return [(word.project_id, word.hook, word.lines) for word in read_words(self.site.storage.home.inbox)]

    def events(self) -> list[SourceEvent]:
        return list(self.site.storage.source_events.pending())

    def changes(self) -> list[tuple[str, str, bool]]:
        """Action, head and state of what was taken in about pull requests."""
        causes = [each.cause for each in self.events()]
        return [
            (cause.action, cause.pull_request.head_sha, cause.pull_request.draft)
            for cause in causes
            if isinstance(cause, PullRequestChanged)
        ]


def case(host: HostKind, what: str) -> Case:
    return next(each for each in payloads.CASES if each.host is host and each.what == what)


def github(what: str, **pull_request: Any) -> Case:
    found = case(HostKind.GITHUB, what)
    if not pull_request:
        return found
    body = {**found.body, "pull_request": {**found.body["pull_request"], **pull_request}}
    return Case(found.host, found.event, body, found.said, found.repository, what, found.headers)


def churn(world: World, host: HostKind = HostKind.GITHUB, repository: str = "lab/churn") -> Project:
    return world.site.project("churn", host, repository)
