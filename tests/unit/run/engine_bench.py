"""A home, a store, an engine and a played executor: what tests of the engine stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.home import Home
from drivetrain.plan.model import JobPlan, LegPlan, Plan, StagePlan, StepPlan, VariablePlan
from drivetrain.run.checks.model import OPEN
from drivetrain.run.engine import Engine
from drivetrain.run.executors.fake import FakeExecutor, FakeRunner
from drivetrain.run.launch import EngineSettings, Parts
from drivetrain.run.model import RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.run.reopen import Again
from drivetrain.source.git import Git
from drivetrain.source.model import Commit, Reason
from drivetrain.store.database import Database
from drivetrain.store.library import SqliteLibrary
from drivetrain.store.other_runs import SqliteOtherRuns
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.tokens import SqliteTokenStore
from drivetrain.store.vault import FileVault
from drivetrain.wire.launch import Launcher
from drivetrain.wire.making import Maker
from drivetrain.wire.repositories import Repositories
from tests.contracts.memory_library import MemoryLibrary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import JobRecord, Run, Timeline

SOURCE = RepositorySource("example", "/code/example", "/mirror", "refs/heads/main", Commit("a" * 40, "Add it", "Ada"))
STEP = StepPlan("say", "Say", "Bash@3")
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def job(name: str, *depends_on: str, **given: object) -> JobPlan:
    fields = {"display_name": name, "steps": (STEP,), "depends_on": depends_on, **given}
    return JobPlan(name, **fields)  # type: ignore[arg-type]


def stage(name: str, *jobs: JobPlan, depends_on: Sequence[str] = (), condition: str = "", **given: object) -> StagePlan:
    return StagePlan(name, name, jobs, tuple(depends_on), condition, **given)  # type: ignore[arg-type]


def plan(*stages: StagePlan, **variables: str) -> Plan:
    declared = tuple(VariablePlan(name, value) for name, value in variables.items())
    return Plan("pipeline", "azure-pipelines.yml", "$(Rev:r)", stages, declared)


def one_stage(*jobs: JobPlan) -> Plan:
    return plan(stage("S", *jobs))


def legs(*names: str) -> tuple[LegPlan, ...]:
    return tuple(LegPlan(name, {"which": name}) for name in names)


def succeed(runner: FakeRunner) -> None:
    runner.complete()


@dataclass
class PlayedGates:
    """A Gatekeeper that answers as a test says; a gate that nobody has said anything of is open."""

    gates: dict[str, Gate] = field(default_factory=dict)
    looks: list[tuple[str, int]] = field(default_factory=list)
    left: list[tuple[str, int]] = field(default_factory=list)

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        assert stage in plan.stages
        assert run.id
        self.looks.append((stage.name, attempt))
        gate = self.gates.get(stage.name, OPEN)
        self.gates[stage.name] = replace(gate, events=())  # they are told once
        return gate

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        assert run.id
        self.left.append((stage, attempt))


@dataclass
class Bench:
    """One home; `engine()` is a new engine on it, as after a restart."""

    root: Path
    slots: int = 100
    executor: FakeExecutor = field(default_factory=FakeExecutor)
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    gates: PlayedGates = field(default_factory=PlayedGates)
    library: MemoryLibrary = field(default_factory=MemoryLibrary)

    def __post_init__(self) -> None:
        self.home = Home(self.root)
        self.database = Database(self.home.database)
        self.store = SqliteRunStore(self.database, self.clock)
        self.tokens = SqliteTokenStore(self.database)
        self.vault = FileVault(self.home.secret_key)
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        settings = EngineSettings(max_parallel_jobs=self.slots, server_url="http://127.0.0.1:1")
        parts = Parts(self.store, self.executor, self.vault, self.tokens, self.clock, self.home, settings)
        return Engine(replace(parts, gates=self.gates, library=self.library))

    def restart(self) -> None:
        """What kill -9 of the server leaves: the store, the folders, the runners."""
        self.engine.close()
        self.engine = self.new_engine()
        self.engine.round()

    def reopen(self, run_id: int, *stages: str, whole: bool = False) -> None:
        """What `drivetrain rerun --failed`, or `--stage`, does."""
        others = Repositories(lambda: self.home)
        maker = Maker(
            self.store,
            self.clock,
            dict,
            SqliteLibrary(self.database, self.vault, SealedFiles(self.home.secure_files, self.vault)),
            repositories=lambda _: others,
            other_runs=SqliteOtherRuns(self.database),
        )
        launcher = Launcher(maker, Git(self.home.mirrors), self.clock)
        launcher.reopen(run_id, Again(stages, whole=whole), "Ada")
        self.look()

    def create(self, pipeline: Plan | None, *, restricted: bool = False, **variables: str) -> Run:
        new = NewRun("pipeline", "azure-pipelines.yml", Reason.MANUAL, SOURCE, "Ada", variables=variables)
        new = replace(new, restricted=restricted)
        run = self.store.create(new, pipeline, number_key="", number=lambda _, revision, *__: f"20260102.{revision}")
        self.clock.at += timedelta(seconds=10)  # past the time that a server leaves to the command that made it
        return run

    def queue(self, pipeline: Plan | None, *, restricted: bool = False, **variables: str) -> int:
        run = self.create(pipeline, restricted=restricted, **variables)
        self.look()
        return run.id

    def look(self) -> None:
        self.engine.wake()
        self.engine.round()

    def later(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        self.look()

    def runner(self, name: str) -> FakeRunner:
        """The newest runner of `job` or `job.leg`."""
        found = [runner for folder, runner in self.executor.runners.items() if f".{name}." in f".{folder.name}"]
        assert found, f"{name} was not started; these were: {[folder.name for folder in self.executor.runners]}"
        return found[-1]

    def started(self) -> list[str]:
        """The folders of runners that live."""
        return [folder.name for folder, runner in self.executor.runners.items() if runner.alive]

    def finish(self, name: str, result: str = "Succeeded") -> None:
        self.runner(name).complete(result)
        self.look()

    def timeline(self, run_id: int) -> Timeline:
        return SqliteRunQueries(self.store).timeline(run_id)

    def record(self, run_id: int, name: str) -> JobRecord:
        return [record for record in self.store.jobs(run_id) if str(record.ref).endswith(f".{name}")][-1]

    def results(self, run_id: int) -> dict[str, str | None]:
        """Job (and stage) names to results; None while they are not completed."""
        found = {str(record.ref).partition(".")[2]: record.result for record in self.store.jobs(run_id)}
        stages = {record.name: record.result for record in self.store.stages(run_id)}
        return {name: None if result is None else str(result) for name, result in {**stages, **found}.items()}

    def result(self, run_id: int) -> str | None:
        run = self.store.get(run_id)
        return None if run.result is None else str(run.result)
