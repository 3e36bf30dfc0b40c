"""From kept deliveries to what comes of them, oldest first; each is done with once, and kept with its outcome."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.source.webhooks.hosts import hear, is_comment
from drivetrain.source.webhooks.model import IGNORED, Commented, Ignored, PullRequestSaid, Pushed, ReleasePublished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drivetrain.source.hosts.model import Link
    from drivetrain.source.hosts.ports import Links
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects
    from drivetrain.source.webhooks.acting import Acting
    from drivetrain.source.webhooks.commenting import Commenting
    from drivetrain.source.webhooks.model import Delivery, Heard
    from drivetrain.source.webhooks.ports import Deliveries

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 300.0
BUG_TRIES = 3
MAX_OUTCOME = 2000


class DeliveryProcessor:
    """Handles deliveries that wait; belongs to one thread. One that cannot be handled yet holds up no other.

    There is one for comments and one for all else: a host may take long to say who may write.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        links: Links,
        projects: Projects,
        acting: Acting,
        commenting: Commenting,
        *,
        comments: bool,
        report: Callable[[str], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deliveries = deliveries
        self._links = links
        self._projects = projects
        self._acting = acting
        self._commenting = commenting
        self._comments = comments
        self._report = report
        self._steady = steady
        self._retries: dict[int, tuple[int, float]] = {}
        """Per delivery: how often it was tried, and when to try again."""

    def process(self) -> int:
        """Handle those that wait; how many are done with."""
        return sum(self._handle(delivery) for delivery in self._waiting())

    def _waiting(self) -> Iterator[Delivery]:
        after = 0
        while found := self._deliveries.pending(after=after):
            after = found[-1].id
            for delivery in found:
                due = self._retries.get(delivery.id, (0, 0.0))[1]
                if is_comment(delivery) is self._comments and self._steady() >= due:
                    yield delivery

    def _handle(self, delivery: Delivery) -> bool:
        tries = self._retries.get(delivery.id, (0, 0.0))[0]
        try:
            outcome = self._act(delivery)
        except UserError as error:
            return self._done(delivery, error.message, failed=True)
        except UnavailableError as error:
            return self._later(delivery, tries, error)
        except Exception as error:  # noqa: BLE001 - a bug in one delivery must not stop the others
            if tries + 1 < BUG_TRIES:
                return self._later(delivery, tries, error)
            return self._done(delivery, f"a bug: {type(error).__name__}: {error}", failed=True)
        return self._done(delivery, outcome)

    def _act(self, delivery: Delivery) -> str:
        """What came of it, in words."""
        heard = hear(delivery)
        if isinstance(heard.said, Ignored):
            return f"{IGNORED}{heard.said.why}"
        link = next((each for each in self._links.all() if each.key == delivery.key), None)
        if link is None:
            raise UserError("its webhook is not known any more")
        linked = self._concerned(link, heard)
        if not linked:
            named = f"is about {heard.repository}" if heard.repository else "names no repository"
            return f"{IGNORED}it {named}; this webhook is that of {link.repository}"
        return self._said(delivery, heard, linked)

    def _concerned(self, link: Link, heard: Heard) -> Sequence[tuple[Link, Project]]:
        """The projects of the repository that a delivery is about. It may come by the webhook of another only where
        both have the same secret, as all those of a GitHub App have.
        """
        place = (link.host, link.api.casefold(), heard.repository.casefold())
        found = [each for each in self._links.all() if place == _place(each)]
        if place != _place(link):
            found = [each for each in found if self._secret(each) == self._secret(link)]
        pairs = [(each, self._projects.get(each.project_id)) for each in found]
        return sorted(((each, project) for each, project in pairs if project), key=lambda pair: pair[1].name)

    def _secret(self, link: Link) -> str:
        found = self._links.by_key(link.key)
        return found[1] if found else ""

    def _said(self, delivery: Delivery, heard: Heard, linked: Sequence[tuple[Link, Project]]) -> str:
        projects = [project for _, project in linked]
        said = heard.said
        match said:
            case Pushed():
                return _each(projects, lambda project: self._acting.pushed(delivery, said, project))
            case PullRequestSaid():
                return _each(projects, lambda project: self._acting.pull_request(delivery, said, project))
            case ReleasePublished():
                return _each(projects, lambda project: self._acting.released(said, project))
            case Commented():
                return self._commenting.commented(said, linked[0][0], projects)
            case Ignored():
                return said.why
            case _:
                assert_never(said)

    def _done(self, delivery: Delivery, outcome: str, *, failed: bool = False) -> bool:
        outcome = _line(outcome)
        self._deliveries.finish(delivery.id, outcome, failed=failed)
        self._retries.pop(delivery.id, None)
        self._report(f"delivery {delivery.id} ({delivery.host}, {delivery.event}): {outcome}")
        return True

    def _later(self, delivery: Delivery, tries: int, error: Exception) -> bool:
        wait = min(FIRST_RETRY_SECONDS * 2**tries, LAST_RETRY_SECONDS)
        if isinstance(error, RateLimitedError):
            wait = max(wait, error.wait_seconds)
        self._retries[delivery.id] = (tries + 1, self._steady() + wait)
        self._report(_line(f"delivery {delivery.id}: tried again in {wait:.0f} s: {error}"))
        return False


def _line(text: str) -> str:
    """One line for logs and pages: there are a stranger's words in it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:MAX_OUTCOME])


def _place(link: Link) -> tuple[str, str, str]:
    return link.host, link.api.casefold(), link.repository.casefold()


def _each(projects: Sequence[Project], act: Callable[[Project], str]) -> str:
    """What came of it for each; once where it is the same for all."""
    outcomes = {project.name: act(project) for project in projects}
    if len(set(outcomes.values())) == 1:
        return f"{', '.join(outcomes)}: {next(iter(outcomes.values()))}"
    return "; ".join(f"{name}: {outcome}" for name, outcome in outcomes.items())
