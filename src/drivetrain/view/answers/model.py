"""What hosts are told, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class AnswerKind(StrEnum):
    """The forms of an answer."""

    REPORT = "report"
    """At a commit: a status, or a check run."""
    COMMENT = "comment"
    """At a pull request: the one comment that is kept up to date."""
    REPLY = "reply"
    """At a pull request: what somebody's command is answered by."""


class Subject(Struct, frozen=True):
    """What an answer is about. There is one answer of each kind about it: the newest run of it counts."""

    project_id: int
    kind: AnswerKind
    name: str
    """Such as `push 1f3a…`, `pull 7 1f3a…`, `pull 7`, `reply 12`."""
    sha: str = ""
    """The commit that a report is about."""
    pull_request: int = 0


class Owed(Struct, frozen=True):
    """An answer that a host is to have, or has."""

    id: int
    subject: Subject
    run_id: int | None = None
    event_id: int | None = None
    """Of an event that has no run."""
    text: str = ""
    """Of a reply; all others are worked out when they are sent."""
    changes: int = 0
    """How often there was something new to say since it was told; 0 when nothing is owed."""
    owed_since: str = ""
    told: str = ""
    """A digest of what was told last."""
    told_at: str = ""
    known: str = ""
    """What the host calls it."""
    tries: int = 0
    """How often it was tried since it is owed."""
    due_at: str = ""
    """When it is tried next; empty for now."""
    trouble: str = ""
    """Why it could not be told, in words."""


class Changed(Struct, frozen=True):
    """A run about which something has changed."""

    run_id: int
    seen: int
    """How often, so that a change meanwhile is not lost."""


class ProjectAnswers(Struct, frozen=True):
    """How it stands with what a project's host is told, for people."""

    project_id: int
    owed: int = 0
    since: str = ""
    """Since when the oldest one is owed."""
    trouble: str = ""
    next_try: str = ""


class Software(Struct, frozen=True):
    """What the jobs of a run had for Python."""

    python: tuple[str, ...] = ()
    """Versions."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Name -> version; several with commas between them where jobs differ."""
