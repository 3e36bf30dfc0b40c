"""What the engine asks before it begins a stage, and what that is answered from.

The contract tests are tests/contracts/test_gatekeeper.py and tests/contracts/test_checks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.run.checks.model import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.plan.model import Plan, ResourceUse, StagePlan
    from drivetrain.run.checks.model import (
        Answer,
        Approval,
        ApprovalState,
        Check,
        Gate,
        GateRecord,
        GateWord,
        LockAnswer,
        Resource,
        Waiting,
    )
    from drivetrain.run.model import JobRef, Run


class Gatekeeper(Protocol):
    """Holds stages until the checks of their resources have passed. Called by the thread that drives the run."""

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands. Asked again whenever the store has changed or `look_again`
        has come, so it must be quick and repeatable; what takes time (an HTTP request) goes on beside it. Once it has
        answered open or refused for an attempt, it answers the same for ever."""
        ...

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """The stage is over, or will never begin: exclusive locks are free again. Doing it again is harmless. It may be
        missed when a driver is killed: who waits for a lock looks whether its holder is still under way."""
        ...


class OpenGates:
    """Every stage may begin."""

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Open."""
        del run, plan, stage, attempt
        return OPEN

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """Nothing is held."""


class CheckStore(Protocol):
    """Checks as they are set, and how they go. Any thread may call it; every call is one transaction.

    Names of resources and people are compared ignoring case. Gates, answers, approvals and decisions are kept for ever.
    """

    def add(self, resource: Resource, kind: str, settings: Mapping[str, object], *, by: str) -> Check:
        """Set a check; its settings are right."""
        ...

    def remove(self, check_id: int) -> Check:
        """Take a check away; stages that wait for it already go on to. Raises NotFoundError."""
        ...

    def all(self, resource: Resource | None = None) -> Sequence[Check]:
        """Every check, or those that are set at a resource, as they were made."""
        ...

    def of_uses(self, project: str, uses: Sequence[ResourceUse]) -> Sequence[Check]:
        """The checks of resources that a run of a project uses: those of the project's, and those of the home's."""
        ...

    def gate(self, run_id: int, stage: str, attempt: int) -> GateRecord | None:
        """The gate of an attempt at a stage; None before it was first looked at."""
        ...

    def gates(self, run_id: int) -> Sequence[GateRecord]:
        """All gates of a run, as they were first looked at."""
        ...

    def keep(self, record: GateRecord, approvals: Sequence[Approval] = ()) -> None:
        """Write a gate down, and ask the questions that are new (those of the same place are not asked twice). What
        waits for a gate that is closed is over, and so is its place in the line for a lock when it was refused."""
        ...

    def approvals(self, run_id: int) -> Sequence[Approval]:
        """All questions of a run, in the order in which they were asked, with their decisions."""
        ...

    def waiting(self) -> Sequence[Waiting]:
        """Every question that waits, of runs that are under way, oldest first."""
        ...

    def decide(self, approval_id: int, change: Callable[[Approval], Approval]) -> Approval:
        """Answer a question: `change` gives it with one more decision, or raises. Raises NotFoundError."""
        ...

    def end(self, approval_id: int, state: ApprovalState) -> bool:
        """A question that nobody has to answer any more; whether it was still pending."""
        ...

    def answer(self, run_id: int, stage: str, attempt: int, check_id: int, answer: Answer) -> None:
        """Keep what a REST API has answered."""
        ...

    def answers(self, run_id: int, stage: str, attempt: int) -> Sequence[tuple[int, Answer]]:
        """All answers for a gate with the checks they are for, oldest first."""
        ...

    def lock(self, run: Run, stage: str, attempt: int, resources: Sequence[Resource], *, latest: bool) -> LockAnswer:
        """Ask for the locks of all these resources at once: all are given, or none, in the order of asking. With
        `latest`, older runs of the same pipeline that wait for one of them give up, if they asked so too."""
        ...

    def unlock(self, run_id: int, stage: str, attempt: int, *, waiting_only: bool = False) -> None:
        """Give locks back, and the place in the line for them."""
        ...

    def skipped_by(self, run_id: int) -> str:
        """Who started the run without checks; empty when they count."""
        ...


class GateWords(Protocol):
    """What gates of models have said. Any thread may call it."""

    def of_run(self, run_id: int) -> Sequence[GateWord]:
        """Of the models that a run has registered, and what the run itself has asked; oldest first."""
        ...


class NoGateWords:
    """No gate was ever asked."""

    def of_run(self, run_id: int) -> Sequence[GateWord]:
        """Nothing."""
        del run_id
        return ()


class Answers(Protocol):
    """What the driver of a run hands to the runners of steps that wait for people."""

    def decided_steps(self, run_id: int) -> Sequence[tuple[JobRef, int, int, Approval]]:
        """Questions of steps that were answered: job, its attempt, step, and the question."""
        ...


class NoAnswers:
    """Nobody answers."""

    def decided_steps(self, run_id: int) -> Sequence[tuple[JobRef, int, int, Approval]]:
        """Nothing."""
        del run_id
        return ()
