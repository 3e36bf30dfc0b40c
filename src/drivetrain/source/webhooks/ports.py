"""Where deliveries are kept, what they are answered by, and who is asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.source.webhooks.model import Delivery, Post


class DeliveryBook(Protocol):
    """What people see of deliveries, and may do with them. Every call is one transaction."""

    def replay(self, delivery_id: int) -> Delivery:
        """It waits again. Raises NotFoundError."""
        ...

    def get(self, delivery_id: int) -> Delivery:
        """One of them. Raises NotFoundError."""
        ...

    def recent(self, project_id: int | None = None, limit: int = 50, state: str | None = None) -> Sequence[Delivery]:
        """The newest first, without their bodies: those of one project's repository or all, in one state or any. A
        negative limit is none.
        """
        ...

    def events(self, delivery_id: int) -> Sequence[SourceEvent]:
        """The pushes that a delivery has told of, as they were taken in."""
        ...


class Deliveries(DeliveryBook, Protocol):
    """Where they are kept until they are done with. Every call is one transaction."""

    def keep(self, delivery: Delivery) -> int | None:
        """Keep a delivery (its `id` is given here); None when one of this link and guid is there already, or the link
        is gone.
        """
        ...

    def pending(self, limit: int = 16, after: int = 0) -> Sequence[Delivery]:
        """Those that wait, oldest first, with a greater id than `after`."""
        ...

    def finish(self, delivery_id: int, outcome: str, *, failed: bool = False) -> None:
        """It is done with; this came of it. It has failed when there was trouble that another try may not have."""
        ...

    def sweep(self, before: str) -> int:
        """Forget those that were received before a moment (ISO 8601) and do not wait; how many."""
        ...


class Replies(Protocol):
    """What is to be written at hosts in answer to comments. Every call is one transaction."""

    def say(self, project_id: int, number: int, text: str, once: str) -> bool:
        """Have a comment written on a pull request; False, and nothing happens, when one was ever under that key."""
        ...


class Commits(Protocol):
    """Finds commits of pull requests."""

    def head(self, project: Project, pull_request: PullRequest) -> str:
        """The whole id of the head, of which the host told only the beginning; empty when its branch is elsewhere by
        now. Raises UnavailableError when the repository cannot be asked.
        """
        ...


class WebhookPosts(Protocol):
    """Keeps what is posted to the webhooks of `resources.webhooks` (contract: tests/contracts/test_triggers.py). Every
    call is one transaction.
    """

    def add(self, webhook: str, connection: str, payload: str) -> int:
        """Keep it; it is acknowledged when this returns. The number under which it is kept."""
        ...

    def pending(self, limit: int = 100) -> Sequence[Post]:
        """Those of which it was not looked yet what they start, oldest first."""
        ...

    def done(self, post: int) -> None:
        """It was looked at."""
        ...

    def get(self, post: int) -> Post:
        """One of them. Raises NotFoundError when it is kept no more."""
        ...
