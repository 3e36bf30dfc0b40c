"""Where answers are kept until hosts have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.view.answers.model import ProjectAnswers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.answers.model import Changed, Owed, Subject


class AnswerQueries(Protocol):
    """What people see of answers. Every call is one transaction."""

    def owed(self, project_id: int | None = None, limit: int = 1000) -> Sequence[Owed]:
        """What hosts do not have yet, oldest first; of one project or all."""
        ...

    def standing(self, project_id: int) -> ProjectAnswers:
        """How it stands with one project."""
        ...

    def retry(self, project_id: int | None = None) -> int:
        """Have all that is owed tried now; how much that is."""
        ...


class Pictures(Protocol):
    """Pictures that answers show. They are for everybody who knows their address, so that hosts can fetch them."""

    def picture(self, run_id: int, key: str) -> str | None:
        """The SVG of a run; None when the key is not its, or there is nothing to draw."""
        ...


class NoAnswers:
    """Both ports where nobody is told anything."""

    def owed(self, project_id: int | None = None, limit: int = 1000) -> Sequence[Owed]:
        """Nothing."""
        del project_id, limit
        return ()

    def standing(self, project_id: int) -> ProjectAnswers:
        """Nothing is owed."""
        return ProjectAnswers(project_id)

    def retry(self, project_id: int | None = None) -> int:
        """There is nothing to try."""
        del project_id
        return 0

    def picture(self, run_id: int, key: str) -> None:
        """There is none."""
        del run_id, key


class AnswerBook(AnswerQueries, Protocol):
    """All of it, for who tells the hosts."""

    def changed_runs(self, limit: int = 100) -> Sequence[Changed]:
        """Runs about which something has changed, oldest first."""
        ...

    def changed_events(self, limit: int = 100) -> Sequence[int]:
        """Events that have come to no run, oldest first."""
        ...

    def owe(self, subjects: Sequence[Subject], changed: Changed) -> None:
        """These answers are to be worked out anew from a run, and the run was looked at. An answer about something that
        has happened later than what the run is about is left as it is.
        """
        ...

    def owe_event(self, subjects: Sequence[Subject], event_id: int) -> None:
        """The same of an event without a run."""
        ...

    def due(self, now: str, limit: int = 100) -> Sequence[Owed]:
        """What is to be tried now, oldest first. Raises as all calls do."""
        ...

    def told(self, owed: Owed, digest: str, known: str) -> None:
        """The host has it, as it was worked out after `owed` was read: what has changed since is still owed."""
        ...

    def later(self, owed: Owed, due_at: str) -> None:
        """It is not told yet, and there is no trouble: it is looked at again then."""
        ...

    def failed(self, owed: Owed, trouble: str, due_at: str) -> None:
        """It could not be told; it is tried again then."""
        ...

    def postpone(self, project_id: int, trouble: str, due_at: str) -> None:
        """Nothing of a project can be told; all of it that is due earlier is tried again then."""
        ...
