"""The stages and jobs of a run as they stand: the nodes of its two graphs, and what flows along their edges."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field

from drivetrain.errors import CorruptError
from drivetrain.run.model import JobRecord, JobRef, Result, StageRecord, State
from drivetrain.run.states import succeeded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from drivetrain.plan.model import JobPlan, StagePlan

AFTER_CANCEL = "Started after the run was canceled"
QUEUED = "Waiting for a free slot"


class Ancestry(Struct, frozen=True):
    """What everything before a node came to."""

    succeeded: bool = True
    """All of it succeeded (with or without issues); true when there is nothing before."""
    failed: bool = False
    """Some of it failed."""
    ran: bool = False
    """Some of it ran to an end, good or bad."""
    empty: bool = True
    """There is nothing before, or only what was left out of the run."""

    def followed_by(self, result: Result) -> Ancestry:
        """What those after a node with this ancestry and result see."""
        good, bad = succeeded(result), result is Result.FAILED
        return Ancestry(self.succeeded and good, self.failed or bad, self.ran or good or bad, empty=False)


def join(branches: Iterable[Ancestry]) -> Ancestry:
    """What a node with these dependencies sees."""
    seen = list(branches)
    if not seen:
        return Ancestry()
    return Ancestry(
        all(branch.succeeded for branch in seen),
        any(branch.failed for branch in seen),
        any(branch.ran for branch in seen),
        all(branch.empty for branch in seen),
    )


class JobStatus(Struct, eq=False):
    """A job of the plan with its legs."""

    stage: str
    plan: JobPlan
    legs: dict[str, JobRecord]
    """The newest attempt of each leg."""
    depends_on: tuple[JobStatus, ...] = ()
    dependents: list[JobStatus] = field(default_factory=list)
    waiting: int = 0
    """Dependencies that are not completed."""
    queue: deque[str] = field(default_factory=deque)
    """Legs that may start, in order."""
    awaiting: dict[str, int] = field(default_factory=dict)
    """Legs that run after others of the job -> how many of those are not completed."""
    settled: deque[str] = field(default_factory=deque)
    """Legs for which that has become none: to be queued or passed over."""
    followers: dict[str, list[str]] = field(default_factory=dict)
    """Leg -> those that run after it."""
    slotless: frozenset[str] = frozenset()
    """Legs that have no agent: they take no slot."""
    running: int = 0
    left: int = 0
    """Legs that are not completed."""
    queued: bool = False
    """Its condition held, once."""
    result: Result | None = None
    after: Ancestry = field(default_factory=Ancestry)

    def ancestry(self) -> Ancestry:
        """What its dependencies, direct and indirect, came to."""
        return join(job.after for job in self.depends_on)

    def seen_after(self, result: Result) -> Ancestry:
        """What those after it see; what was left out of the run is not seen."""
        return self.ancestry() if self.plan.left_out else self.ancestry().followed_by(result)

    def outcome(self, leg: str) -> Result | None:
        """What a leg came to before `continueOnError`; None while it is not completed."""
        record = self.legs[leg]
        return record.outcome or record.result

    def link(self) -> None:
        """Count what each leg waits for: legs that are completed are not waited for."""
        self.followers.clear()
        self.awaiting.clear()
        self.slotless = _slotless(self.plan)
        seen: dict[str, JobRecord] = {}
        for leg in self.plan.legs:
            if not seen.keys() >= set(leg.after):
                raise CorruptError(f"the plan is broken: {leg.name} of {self.plan.name} runs after one that follows it")
            for before in leg.after:
                self.followers.setdefault(before, []).append(leg.name)
            record = seen[leg.name] = self.legs[leg.name]
            if leg.after and record.state is State.PENDING:
                self.awaiting[leg.name] = sum(seen[before].state is not State.COMPLETED for before in leg.after)

    def settle(self, ended: str) -> list[str]:
        """A leg is completed: those that waited only for it are to be looked at."""
        for queue in (self.queue, self.settled):
            if ended in queue:
                queue.remove(ended)
        self.awaiting.pop(ended, None)
        found = []
        for follower in self.followers.get(ended, ()):
            if follower in self.awaiting:
                self.awaiting[follower] -= 1
                if not self.awaiting[follower]:
                    del self.awaiting[follower]
                    found.append(follower)
        self.settled += found
        return found

    def startable(self) -> int:
        """How many of its legs its own `maxParallel` lets start now."""
        limit = self.plan.max_parallel
        return len(self.queue) if limit <= 0 else min(len(self.queue), limit - self.running)


def _slotless(plan: JobPlan) -> frozenset[str]:
    if not plan.server and all(leg.pool is None for leg in plan.legs):
        return frozenset()
    return frozenset(leg.name for leg in plan.legs if plan.on_server(leg.name))


class StageStatus(Struct, eq=False):
    """A stage of the plan with its jobs."""

    plan: StagePlan
    record: StageRecord
    jobs: dict[str, JobStatus]
    depends_on: tuple[StageStatus, ...] = ()
    dependents: list[StageStatus] = field(default_factory=list)
    waiting: int = 0
    ready: dict[str, JobStatus] = field(default_factory=dict)
    """Jobs whose dependencies are completed and whose condition was not looked at."""
    open: dict[str, JobStatus] = field(default_factory=dict)
    """Jobs with legs that wait for a slot, or to be looked at."""
    left: int = 0
    released: bool = False
    """Somebody has started it by hand."""
    after: Ancestry = field(default_factory=Ancestry)

    @property
    def after_cancel(self) -> bool:
        """Its condition held although the run was canceled: its jobs run as if it were not."""
        return self.record.reason == AFTER_CANCEL

    def ancestry(self) -> Ancestry:
        """What its dependencies, direct and indirect, came to."""
        return join(stage.after for stage in self.depends_on)

    def seen_after(self, result: Result) -> Ancestry:
        """What those after it see; what was left out of the run is not seen."""
        return self.ancestry() if self.plan.left_out else self.ancestry().followed_by(result)


def dependents_of(names: Collection[str], depends_on: Mapping[str, Sequence[str]]) -> set[str]:
    """All that depend on these, directly or not; names are told apart ignoring case."""
    dependents: dict[str, list[str]] = {}
    for name, wanted in depends_on.items():
        for each in wanted:
            dependents.setdefault(each.lower(), []).append(name)
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        fresh = [name for name in dependents.get(waiting.pop().lower(), ()) if name not in found]
        found.update(fresh)
        waiting += fresh
    return found


Node = TypeVar("Node", JobStatus, StageStatus)


def dependencies(wanted: Sequence[str], names: Mapping[str, Node], of: str) -> tuple[Node, ...]:
    """The nodes named, each once; names are told apart ignoring case, as on Azure."""
    try:
        return tuple({name.lower(): names[name.lower()] for name in wanted}.values())
    except KeyError as error:
        raise CorruptError(f"the plan is broken: {of} depends on {error}, which is not in it") from error


def in_order(nodes: Mapping[str, Node]) -> list[Node]:
    """The nodes, each after those that it depends on. Raises CorruptError when they run in a circle."""
    waiting = {id(node): len(node.depends_on) for node in nodes.values()}
    order = [node for node in nodes.values() if not node.depends_on]
    for node in order:  # grows as it is walked
        for dependent in node.dependents:
            waiting[id(dependent)] -= 1
            if not waiting[id(dependent)]:
                order.append(dependent)
    if len(order) != len(nodes):
        raise CorruptError(f"the plan is broken: dependencies run in a circle among {', '.join(nodes)}")
    return order


def new_stage(plan: StagePlan) -> StageStatus:
    """A stage whose jobs are pending and know each other."""
    jobs = {job.name: _new_job(plan.name, job) for job in plan.jobs}
    names = {name.lower(): job for name, job in jobs.items()}
    stage = StageStatus(plan, StageRecord(plan.name, plan.display_name), jobs, left=len(jobs))
    for job in jobs.values():
        job.depends_on = dependencies(job.plan.depends_on, names, job.plan.name)
        job.waiting = len(job.depends_on)
        for dependency in job.depends_on:
            dependency.dependents.append(job)
        if not job.waiting:
            stage.ready[job.plan.name] = job
    return stage


def _new_job(stage: str, plan: JobPlan) -> JobStatus:
    job = JobStatus(stage, plan, new_legs(stage, plan), left=len(plan.legs))
    job.link()
    return job


def new_legs(stage: str, plan: JobPlan) -> dict[str, JobRecord]:
    """The legs of a job, all of them pending."""
    return {leg.name: JobRecord(JobRef(stage, plan.name, leg.name), 1, plan.title(leg.name)) for leg in plan.legs}
