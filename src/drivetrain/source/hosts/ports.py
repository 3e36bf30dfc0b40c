"""What is asked of a host, as Protocols. The clients pass tests/contracts/test_hosts.py, each against a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.source.events import PullRequest
    from drivetrain.source.hosts.model import Link, RemoteRepository, Report


class Host(Protocol):
    """One repository at its host, with one set of credentials. Every call is one or a few HTTP requests.

    Every call raises UnavailableError when the host cannot be reached, has a failure of its own or wants us to slow
    down (RateLimitedError, which says until when), NotFoundError when there is no such thing or the credentials may not
    see it, UserError when they are wrong or may not do it; the hint says which right is missing.
    """

    def repository(self) -> RemoteRepository:
        """The repository itself."""
        ...

    def repositories(self) -> Sequence[RemoteRepository]:
        """All that the credentials may see, for choosing one; at most a few hundred."""
        ...

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        """Branches and tags, full names to commits (of an annotated tag: the tag object), and a mark of their state,
        such as an ETag. With the mark of an earlier answer, None when nothing has changed since. None with another
        mark: something has, but the host does not tell all of it; git does.
        """
        ...

    def pull_requests(self) -> Sequence[PullRequest]:
        """The open ones."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """One of them, open or not."""
        ...

    def may_write(self, user: str) -> bool:
        """Whether an account may push to the repository: whose word counts in comments."""
        ...

    def create_webhook(self, url: str, secret: str) -> str:
        """Have every event that we know delivered to `url`; what the host calls the webhook comes back. When there is
        one for this url already, it is given the new secret instead.
        """
        ...

    def remove_webhook(self, webhook: str) -> None:
        """Take the webhook away. One that is not there is fine."""
        ...

    def test_webhook(self, webhook: str) -> None:
        """Have the host deliver something harmless now (a ping). Where it cannot, nothing happens."""
        ...

    def report(self, report: Report) -> str:
        """Tell of a commit; what to give as `Report.key` the next time comes back."""
        ...

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """Write a comment (Markdown) on a pull request, or change the one that is known; its id comes back. A known
        one that somebody has deleted is written anew. When none is known and the text begins with a mark (marks.py),
        a comment of ours that begins with the same mark is changed: after a kill, we may not know what we wrote.
        """
        ...


class Links(Protocol):
    """Which projects are at which hosts. Every call is one transaction; a project has at most one link."""

    def put(self, link: Link, secret: str) -> None:
        """Keep the link in place of the one before, with the secret of its webhook, which is sealed; an empty secret
        leaves the one before.
        """
        ...

    def get(self, project_id: int) -> Link | None:
        """The link of a project."""
        ...

    def all(self) -> Sequence[Link]:
        """Those of all projects that there are."""
        ...

    def by_key(self, key: str) -> tuple[Link, str] | None:
        """The link that a webhook's path names, with its secret in clear."""
        ...

    def remove(self, project_id: int) -> None:
        """Forget it."""
        ...
