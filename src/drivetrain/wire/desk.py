"""What people do with checks: set them, see what waits, decide. The Desk port of views, on the stores of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.run.checks.approval import decided, how_it_ended, may_decide
from drivetrain.run.checks.kinds import name_of, plain, settings_of
from drivetrain.run.checks.model import Approval, ApprovalState, Check, Decision, Resource
from drivetrain.view.ports import Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.run.checks.model import Waiting
    from drivetrain.run.checks.ports import CheckStore
    from drivetrain.run.ports import RunStore, Vault
    from drivetrain.view.ports import Answer

LONGEST_COMMENT = 10_000
SEALED = "headers"
"""The setting whose values may be secrets: sealed when they are written, never shown again."""
HIDDEN = "***"


class Desk:
    """Any thread may call it; `wake` tells the engine."""

    def __init__(
        self, checks: CheckStore, runs: RunStore, vault: Vault, clock: Clock, wake: Callable[[], None] = lambda: None
    ) -> None:
        self._checks = checks
        self._runs = runs
        self._vault = vault
        self._clock = clock
        self._wake = wake

    # Checks.

    def add(self, resource: Resource, kind: str, settings: Mapping[str, object], *, by: str) -> Check:
        """Set a check at a resource. Raises UserError that names the setting which is wrong."""
        if not resource.name.strip():
            raise UserError("a resource needs a name", hint="such as environment:staging")
        made = plain(settings_of(kind, settings))
        if isinstance(headers := made.get(SEALED), dict):
            made[SEALED] = {name: self._vault.seal(str(value)) for name, value in headers.items()}
        return shown(self._checks.add(resource, name_of(kind), made, by=by))

    def remove(self, check_id: int) -> Check:
        """Take a check away. Raises NotFoundError."""
        return shown(self._checks.remove(check_id))

    def checks(self, resource: Resource | None = None) -> Sequence[Check]:
        """Every check, or those that are set at a resource."""
        return [shown(check) for check in self._checks.all(resource)]

    # Decisions.

    def waiting(self) -> Sequence[Waiting]:
        """Every question that waits."""
        return self._checks.waiting()

    def of_run(self, run_id: int) -> Questions:
        """The gates of a run and what was asked in it."""
        gates = [
            replace(gate, checks=tuple(replace(each, check=shown(each.check)) for each in gate.checks))
            for gate in self._checks.gates(run_id)
        ]
        return Questions(tuple(gates), tuple(self._checks.approvals(run_id)))

    def decide(self, run_id: int, answer: Answer) -> Sequence[Approval]:
        """Answer what waits in a run and is this person's to answer; saying the same again is harmless.

        Raises NotFoundError when nothing was asked, ConflictError when it is over, or not this person's.
        """
        if len(answer.comment) > LONGEST_COMMENT:
            raise UserError(f"a comment has at most {LONGEST_COMMENT} characters")
        meant = self._meant(run_id, answer)
        acting = "" if answer.acting.casefold() == answer.by.casefold() else answer.acting
        decision = Decision(answer.by, answer.approve, answer.comment, timestamp(self._clock.now()), acting)
        made = [self._checks.decide(each.id, lambda approval: decided(approval, decision)) for each in meant]
        self._wake()
        return made

    def _meant(self, run_id: int, answer: Answer) -> list[Approval]:
        asked = [each for each in self._of(run_id, answer.stage) if answer.approval in {0, each.id}]
        if not asked:
            where = f"stage {answer.stage} of run {run_id}" if answer.stage else f"run {run_id}"
            raise NotFoundError(f"{where} asks nobody", hint="drivetrain approvals lists what waits")
        waiting = [each for each in asked if each.state is ApprovalState.PENDING]
        mine = [each for each in waiting if not may_decide(each, answer.by) or _said(each, answer)]
        if mine:
            return mine
        said = [each for each in asked if _said(each, answer)]
        if said:
            return said
        if waiting:
            return waiting[:1]  # deciding says why not
        last = asked[-1]
        what = f"the approval of {last.subject} for stage {last.stage} of run {run_id}"
        raise ConflictError(f"{what} is over: {how_it_ended(last)}", hint=f"drivetrain show {run_id}")

    def _of(self, run_id: int, stage: str) -> list[Approval]:
        """What was asked in a run, in its newest attempt at each stage."""
        asked = [each for each in self._checks.approvals(run_id) if stage.lower() in {"", each.stage.lower()}]
        if not asked:
            run = self._runs.get(run_id)  # raises when there is no such run
            known = {record.name.lower() for record in self._runs.stages(run.id)}
            if stage and stage.lower() not in known:
                raise NotFoundError(f"run {run_id} has no stage {stage}", hint=f"drivetrain show {run_id}")
        newest = {each.stage: each.attempt for each in asked}
        return [each for each in asked if each.attempt == newest[each.stage]]


def _said(approval: Approval, answer: Answer) -> bool:
    by = answer.by.strip().casefold()
    return any(each.by.casefold() == by and each.approve == answer.approve for each in approval.decisions)


def shown(check: Check) -> Check:
    """A check as people may see it: without what may be secret."""
    headers = check.settings.get(SEALED)
    if not isinstance(headers, dict):
        return check
    return replace(check, settings={**check.settings, SEALED: dict.fromkeys(headers, HIDDEN)})
