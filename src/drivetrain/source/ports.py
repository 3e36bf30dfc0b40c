"""What the source station needs from outside, as Protocols. The store's adapters pass tests/contracts/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.source.events import Cause, KnownPullRequest
    from drivetrain.source.model import LaunchOutcome, Project, Reason, RefUpdate, SourceEvent


class Projects(Protocol):
    """The repositories that are watched. Every call is one transaction."""

    def add(self, project: Project, seen: Mapping[str, str]) -> Project:
        """Keep a project (its `id` and `created_at` are given here) together with the refs that count as seen, so
        that history starts no runs. Raises ConflictError when the name is taken.
        """
        ...

    def all(self) -> Sequence[Project]:
        """Every project, by name."""
        ...

    def get(self, project_id: int) -> Project | None:
        """The project, None when there is none or it was removed."""
        ...

    def named(self, name: str) -> Project:
        """The project of that name. Raises NotFoundError with the names there are."""
        ...

    def remove(self, project_id: int, *, delete_runs: bool) -> Sequence[int]:
        """Forget the project; its waiting events are done with. Its runs stay, unless they are to go: then the ids of
        those deleted come back. Raises ConflictError when such a run is not completed.
        """
        ...


class SourceEvents(Protocol):
    """Refs as they were last seen, and what has been seen to happen. Every call is one transaction."""

    def position(self, project_id: int, ref: str) -> str:
        """Where the ref was last seen, empty when it was not there."""
        ...

    def positions(self, project_id: int) -> Mapping[str, str]:
        """Every ref of the project with where it was last seen."""
        ...

    def ingest(self, update: RefUpdate, reason: Reason, once: str | None = None) -> int | None:
        """Compare and swap: when the ref was last seen at `old_sha`, it is now seen at `new_sha`, and the id of the
        new event comes back; otherwise None, and nothing changed. So one move makes one event however often and from
        wherever it is reported. An empty or all-zero sha means that the ref is not there.

        With `once`, None also when an event was ever taken in under that key: the same word again, after the ref has
        been put back to where it was, is no second move.
        """
        ...

    def add(self, update: RefUpdate, reason: Reason, cause: Cause, once: str) -> int | None:
        """Take in what is no push; the id of the new event. None, and nothing changed, when an event was ever taken in
        under the key `once`, or the project is gone. No position of a ref moves by it.
        """
        ...

    def get(self, event_id: int) -> SourceEvent | None:
        """The event, waiting or not."""
        ...

    def of_commit(self, project_id: int, sha: str) -> Sequence[SourceEvent]:
        """The events that brought a ref to this commit, oldest first."""
        ...

    def forget(self, project_id: int, ref: str) -> None:
        """The ref counts as never seen: where it is now will be a new event."""
        ...

    def pending(self, limit: int = 1000) -> Sequence[SourceEvent]:
        """Events that wait, oldest first."""
        ...

    def finish(self, event_id: int, run_id: int | None, outcome: str) -> None:
        """The event is done with; this came of it. A second time changes nothing."""
        ...

    def recent(self, project_id: int, limit: int = 50) -> Sequence[SourceEvent]:
        """What has happened lately, newest first."""
        ...


class PullRequests(Protocol):
    """Pull requests as they were last heard of. Every call is one transaction."""

    def get(self, project_id: int, number: int) -> KnownPullRequest | None:
        """The pull request, None when nothing was ever heard of it."""
        ...

    def put(self, project_id: int, known: KnownPullRequest) -> None:
        """Keep it in place of what was known."""
        ...

    def open(self, project_id: int) -> Sequence[KnownPullRequest]:
        """Those that are neither closed nor merged, by number."""
        ...


class Launch(Protocol):
    """Makes a run from an event, or says why not."""

    def launch_event(self, event: SourceEvent, project: Project) -> LaunchOutcome:
        """Read the file at the commit, ask its trigger, create the run. At most one run is ever made for an event: a
        second call gives the same outcome. With `batch` in the trigger it may have to wait. Raises UserError when no
        run can be made of it, UnavailableError when it should be tried again later.
        """
        ...


class Repositories(Protocol):
    """Reads where refs are."""

    def refs(self, url: str) -> Mapping[str, str]:
        """Branches and tags with what they point to. Raises UnavailableError."""
        ...
