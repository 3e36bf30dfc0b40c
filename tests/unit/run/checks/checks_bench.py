"""Checks on a real store with a clock that stands: what tests of checks are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import FixedClock, timestamp
from drivetrain.plan.model import Plan, ResourceKind, ResourceUse, StagePlan
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.gatekeeper import StoreGatekeeper
from drivetrain.run.checks.model import Resource
from drivetrain.run.model import Result, StageRecord, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.source.model import Commit, Reason
from drivetrain.store.checks import SqliteChecks
from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.vault import FileVault
from drivetrain.view.ports import Answer
from drivetrain.wire.desk import Desk
from tests.unit.run.engine_bench import SOURCE, START, job

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.plan.model import ExtendsPlan
    from drivetrain.run.checks.model import Check, Gate
    from drivetrain.run.model import Run

STAGING = Resource(ResourceKind.ENVIRONMENT, "staging")
USE = ResourceUse(ResourceKind.ENVIRONMENT, "staging")


def deploy(name: str = "Deploy", *uses: ResourceUse, lock: str = "") -> StagePlan:
    return StagePlan(name, name, (job("A"),), resources=uses or (USE,), lock_behavior=lock)


@dataclass
class ChecksBench:
    root: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))

    def __post_init__(self) -> None:
        self.database = Database(self.root / "drivetrain.db")
        self.runs = SqliteRunStore(self.database, self.clock)
        self.checks = SqliteChecks(self.database, self.clock)
        self.vault = FileVault(self.root / "secret.key")
        self.desk = Desk(self.checks, self.runs, self.vault, self.clock)
        self.restart()

    def restart(self) -> None:
        self.gates = StoreGatekeeper(self.checks, self.clock, Calls(self.checks, self.clock, self.vault.open))

    def add(self, kind: str, resource: Resource = STAGING, /, **settings: object) -> Check:
        return self.desk.add(resource, kind, settings, by="owner")

    def approval(self, *approvers: str, **settings: object) -> Check:
        return self.add("approval", approvers=list(approvers), **settings)

    def run(
        self,
        *stages: StagePlan,
        ref: str = "refs/heads/main",
        skip: str = "",
        extends: tuple[ExtendsPlan, ...] = (),
        pipeline: str = "p",
    ) -> tuple[Run, Plan]:
        plan = Plan(pipeline, "azure-pipelines.yml", "$(Rev:r)", stages or (deploy(),), extends=extends)
        source = replace(SOURCE, ref=ref, commit=Commit("b" * 40, "Change it", "Ada"))
        new = NewRun(pipeline, "azure-pipelines.yml", Reason.MANUAL, source, "ada", checks_skipped_by=skip)
        run = self.runs.create(new, plan, number_key="", number=lambda _, revision, *__: f"1.{revision}")
        records = [StageRecord(stage.name, stage.name) for stage in plan.stages]
        self.runs.record(run.id, [], Changes(RunChange(state=State.RUNNING), records))
        return self.runs.get(run.id), plan

    def look(self, run: Run, plan: Plan, stage: int = 0, attempt: int = 1) -> Gate:
        return self.gates.look(run, plan, plan.stages[stage], attempt)

    def decide(self, run: Run, by: str, *, approve: bool = True, comment: str = "", stage: str = "") -> None:
        self.desk.decide(run.id, Answer(approve, by, comment, stage))

    def later(self, **time: float) -> None:
        self.clock.at += timedelta(**time)

    def end_stage(self, run: Run, name: str = "Deploy", attempt: int = 1) -> None:
        """As the engine's transaction does, without telling the gatekeeper."""
        ended = StageRecord(name, name, State.COMPLETED, Result.SUCCEEDED, attempt)
        self.runs.record(run.id, [], Changes(stages=[ended]))

    def end_run(self, run: Run) -> None:
        change = RunChange(state=State.COMPLETED, result=Result.SUCCEEDED, finished_at=timestamp(self.clock.now()))
        self.runs.record(run.id, [], Changes(change))
