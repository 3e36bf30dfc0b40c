"""A delivery as it came, and what it was found to say."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.model import HostKind


class Delivery(Struct, frozen=True):
    """One request of a webhook whose signature was good. Its headers hold no credentials any more."""

    id: int
    host: HostKind
    key: str
    """Of the link that it came by."""
    guid: str
    """What the host calls it: the same at every attempt to deliver it. Where a host names none, a digest of it."""
    event: str
    """The host's own word: `push`, `pull_request`, `git.push`, `repo:push`, `Push Hook`."""
    headers: Mapping[str, str]
    body: bytes
    received_at: str
    state: str = "new"
    """`new`, then `done`, or `failed` when nothing could be made of it; `new` again when it is replayed."""
    outcome: str = ""
    """What came of it, in words: which events, or why none."""
    tries: int = 0
    handled_at: str = ""
    """When that was, the last time."""


class Pushed(Struct, frozen=True, tag="push"):
    """Refs moved. A zero or empty sha: the ref was not, or is not there. Both empty: nobody says where to, look."""

    moves: tuple[tuple[str, str, str], ...]
    """(full ref, old sha, new sha)."""
    by: str = ""


class PullRequestSaid(Struct, frozen=True, tag="pull_request"):
    """Something about a pull request."""

    pull_request: PullRequest
    action: str
    """The host's own word. What it comes to is seen by what was known of the pull request before."""
    at: str = ""
    """When it was so, in ISO 8601: word of an older state may come later. Empty where the host does not say."""


class Commented(Struct, frozen=True, tag="comment"):
    """Somebody wrote a comment on a pull request."""

    number: int
    text: str
    author: str
    pull_request: PullRequest | None = None
    """Where the host tells all of it; else it is asked for."""
    trusted: bool | None = None
    """Whether the author may write to the repository, where the delivery says so for sure; None: ask the host."""
    id: str = ""


class ReleasePublished(Struct, frozen=True, tag="release"):
    """A release was published."""

    tag: str
    name: str = ""


IGNORED = "ignored: "
"""What the outcome of a delivery begins with that says nothing to us."""


class Ignored(Struct, frozen=True, tag="ignored"):
    """Nothing that starts anything, and why."""

    why: str


Said = Pushed | PullRequestSaid | Commented | ReleasePublished | Ignored
"""What a delivery says."""


class Heard(Struct, frozen=True):
    """What a delivery says, and of which repository."""

    said: Said
    repository: str = ""
    """In the form of `Link.repository`; empty when it names none."""


def word_name(delivery_id: int, project_id: int | str) -> str:
    """What a word in the inbox is called that a delivery leaves for a project; and what its events are known by. Names
    of later deliveries come later in the alphabet.
    """
    return f"hook-{delivery_id:012}-{project_id}"


MODELS = "drivetrain-models"
"""The webhook that the registry of models posts to. Pipelines name it as the connection; nobody else can post to it."""


class Post(Struct, frozen=True):
    """What was posted to a webhook that pipelines may name among their resources."""

    id: int
    webhook: str
    connection: str
    """GUID of the service connection that it came by; empty for one of our own."""
    payload: str
    """JSON, an object."""
