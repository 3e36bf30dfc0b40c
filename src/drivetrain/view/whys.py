"""Why a run was started, and why a commit has none: what is said of it everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Why(Struct, frozen=True):
    """Why there is a run."""

    run_id: int
    what: str
    """What has happened: a push, a pull request, a schedule, a person."""
    rule: str = ""
    """Which rule of the pipeline file, or of the project, wanted a run; empty where somebody did."""
    brought_by: str = ""
    """How word of it came: a git hook, a webhook's delivery, a look at the repository."""
    event: int | None = None
    at: str = ""
    """When it was taken in."""


class Found(Struct, frozen=True):
    """An event of a commit, and what came of it."""

    event: int
    what: str
    brought_by: str
    at: str
    state: str
    """`new` while it waits."""
    rule: str
    """Why there is a run, or none; while it waits, what for."""
    run_id: int | None = None


class WhyNot(Struct, frozen=True):
    """What a project has made of a commit, and what it would make of it."""

    project: str
    sha: str
    events: tuple[Found, ...] = ()
    runs: tuple[int, ...] = ()
    """All of the commit, also those that no event asked for."""
    facts: tuple[str, ...] = ()
    """What else there is to know, in words: how the repository is watched, where the commit is, what the file says."""


class Whys(Protocol):
    """Explains what has happened."""

    def why(self, run_id: int) -> Why:
        """Why there is this run. Raises NotFoundError."""
        ...

    def why_not(self, commit: str, project: str = "") -> Sequence[WhyNot]:
        """What has become of a commit, by its id or the beginning of it: of one project, or of all that know it. Raises
        NotFoundError when no project knows it, UserError when it is no id.
        """
        ...


class NoWhys:
    """Where nothing is known."""

    def why(self, run_id: int) -> Why:
        """Nothing to say."""
        return Why(run_id, "")

    def why_not(self, commit: str, project: str = "") -> Sequence[WhyNot]:
        """Raises NotFoundError."""
        raise NotFoundError(f"nothing is known of {commit!r} in {project or 'any project'}")
