"""What a run comes to, worked out slowly and obviously: nothing is remembered, everything is looked up again.

It knows runs that nobody cancels and that have nobody to start stages by hand, from their beginning or, given the
results of an earlier attempt, from where they are opened again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivetrain.plan.model import LegPlan

if TYPE_CHECKING:
    from drivetrain.plan.model import JobPlan, Plan, StagePlan

DECIDED = {"{'x': {}, 'y': {'v': '1'}}": ("x", "y"), '{"z": {}}': ("z",), "nonsense": None}
"""Matrices that come at run time -> their legs; None for one that is wrong."""
RANK = ["Skipped", "Succeeded", "SucceededWithIssues", "Failed", "Canceled"]
BAD = {"Failed", "Canceled"}
GOOD = {"Succeeded", "SucceededWithIssues"}


def worst(results: list[str]) -> str:
    return max(results, key=RANK.index, default="Skipped")


def holds(condition: str, before: list[str]) -> bool:
    """Whether a condition holds after these results."""
    good = [result in GOOD for result in before]
    match condition:
        case "" | "succeeded()":
            return all(good)
        case "always()":
            return True
        case "failed()":
            return "Failed" in before
        case "succeededOrFailed()":
            return any(good) or "Failed" in before or not before
        case _:
            return False


def above(name: str, depends_on: dict[str, tuple[str, ...]]) -> set[str]:
    """Everything that a node depends on, directly or not."""
    return set(depends_on[name]).union(*(above(each, depends_on) for each in depends_on[name]))


def below(names: set[str], depends_on: dict[str, tuple[str, ...]]) -> set[str]:
    """Everything that depends on one of these, directly or not."""
    return {name for name in depends_on if above(name, depends_on) & names}


def full(place: str, leg: str) -> str:
    return f"{place}.{leg}" if leg else place


def decided_by(job: JobPlan) -> tuple[LegPlan, ...] | None:
    if job.strategy is None or job.strategy.matrix is None:
        return job.legs
    names = DECIDED[job.strategy.matrix.text]
    return None if names is None else tuple(LegPlan(name) for name in names)


@dataclass
class Reference:
    """The results of one attempt: of stages by name, of legs by `stage.job.leg`."""

    plan: Plan
    outcome: dict[str, str]
    """How a leg ends if it runs."""
    refused: set[str]
    """Stages whose gate does not open."""
    before: dict[str, str] = field(default_factory=dict)
    """The results of the attempt before."""
    stages: set[str] | None = None
    """Only what failed of these is run again; None for all."""
    results: dict[str, str] = field(default_factory=dict)

    def work_out(self) -> dict[str, str]:
        seeds, after = self._again()
        depends_on = {stage.name: stage.depends_on for stage in self.plan.stages}
        for stage in self.plan.stages:  # a stage depends on earlier ones only
            if self.before and stage.name not in seeds and stage.name not in after:
                self._keep(stage.name)
            else:
                seen = [self.results[name] for name in above(stage.name, depends_on) if not self._left_out(name)]
                jobs = None if stage.name in after or not self.before else seeds[stage.name]
                self._stage(stage, seen, jobs)
        return self.results

    def _left_out(self, name: str) -> bool:
        return next(stage.left_out for stage in self.plan.stages if stage.name == name)

    def _keep(self, place: str) -> None:
        same = {name: result for name, result in self.before.items() if name == place or name.startswith(f"{place}.")}
        self.results.update(same)

    def _again(self) -> tuple[dict[str, set[str] | None], set[str]]:
        """Stages with the jobs that are run again (None for all), and the stages that follow them."""
        seeds: dict[str, set[str] | None] = {}
        for stage in self.plan.stages:
            if self.before.get(stage.name) in BAD and (self.stages is None or stage.name in self.stages):
                bad = {job.name for job in stage.jobs if self._of(f"{stage.name}.{job.name}").values() & BAD}
                seeds[stage.name] = bad or None
        return seeds, below(set(seeds), {stage.name: stage.depends_on for stage in self.plan.stages})

    def _of(self, place: str) -> Legs:
        """The legs of a job in the attempt before."""
        found = {
            name.removeprefix(place).removeprefix("."): result
            for name, result in self.before.items()
            if name == place or name.startswith(f"{place}.")
        }
        return Legs(found)

    def _stage(self, stage: StagePlan, seen: list[str], seeds: set[str] | None) -> None:
        if stage.left_out:
            return self._never(stage, "Skipped")
        if stage.condition == "nope(":
            return self._never(stage, "Failed")
        if stage.manual or not holds(stage.condition, seen):
            return self._never(stage, "Skipped")
        if stage.name in self.refused:
            return self._never(stage, "Failed")
        return self._run(stage, seeds)

    def _never(self, stage: StagePlan, result: str) -> None:
        self.results[stage.name] = result
        again = self._jobs_again(stage, self._again()[0].get(stage.name)) if self.before else None
        for job in stage.jobs:
            place = f"{stage.name}.{job.name}"
            if again is not None and stage.name not in self._again()[1] and job.name not in again:
                self._keep(place)
                continue
            kept = self._kept(stage, job)
            for leg in self._legs_before(place) or [leg.name for leg in job.legs]:
                self.results[full(place, leg)] = kept.get(leg, "Skipped")

    def _jobs_again(self, stage: StagePlan, seeds: set[str] | None) -> set[str]:
        names = {job.name for job in stage.jobs}
        return names if seeds is None else seeds | below(seeds, {job.name: job.depends_on for job in stage.jobs})

    def _kept(self, stage: StagePlan, job: JobPlan) -> dict[str, str]:
        """Legs of a job that is run again that are not."""
        seeds, after = self._again()
        of_stage = seeds.get(stage.name)
        if not self.before or stage.name in after or of_stage is None or job.deployment is not None:
            return {}
        if job.name in below(of_stage, {each.name: each.depends_on for each in stage.jobs}):
            return {}
        legs = self._of(f"{stage.name}.{job.name}").legs
        return {leg: result for leg, result in legs.items() if result in GOOD}

    def _legs_before(self, place: str) -> list[str]:
        return list(self._of(place).legs)

    def _run(self, stage: StagePlan, seeds: set[str] | None) -> None:
        jobs: dict[str, str] = {}
        depends_on = {job.name: job.depends_on for job in stage.jobs}
        left_out = {job.name for job in stage.jobs if job.left_out}
        again = self._jobs_again(stage, seeds)
        for job in stage.jobs:
            place = f"{stage.name}.{job.name}"
            if job.name not in again:
                self._keep(place)
            else:
                seen = [jobs[name] for name in above(job.name, depends_on) if name not in left_out]
                legs = self._job(job, place, seen, self._kept(stage, job))
                self.results.update({full(place, leg): result for leg, result in legs.items()})
            prefix = f"{place}."
            jobs[job.name] = worst(
                [result for name, result in self.results.items() if name == place or name.startswith(prefix)]
            )
        self.results[stage.name] = worst(list(jobs.values()))

    def _job(self, job: JobPlan, place: str, seen: list[str], kept: dict[str, str]) -> dict[str, str]:
        known = self._legs_before(place)
        runs = not job.left_out and holds(job.condition, seen)
        never = "Failed" if job.condition == "nope(" and not job.left_out else "Skipped"
        legs: tuple[LegPlan, ...] | None = job.legs
        if runs and job.strategy is not None and known in ([], [""]):
            legs = decided_by(job)
        elif job.strategy is not None and known:
            legs = tuple(LegPlan(leg) for leg in known)
        if legs is None:
            runs, never, legs = False, "Failed", job.legs
        if not runs:
            return {leg.name: kept.get(leg.name, never) for leg in legs}
        return self._legs(job, place, legs, kept)

    def _legs(self, job: JobPlan, place: str, legs: tuple[LegPlan, ...], kept: dict[str, str]) -> dict[str, str]:
        """What legs come to, each after those that it names; then what `continueOnError` makes of it."""
        ended: dict[str, str] = {}
        for leg in legs:
            before = [ended[name] for name in leg.after]
            runs = "Failed" in before if leg.on_failure else all(result in GOOD for result in before)
            ended[leg.name] = kept.get(leg.name) or (self.outcome[full(place, leg.name)] if runs else "Skipped")
        soft = job.continue_on_error == "true"
        return {leg: "SucceededWithIssues" if soft and ended[leg] == "Failed" else ended[leg] for leg in ended}


@dataclass
class Legs:
    """Results by leg."""

    legs: dict[str, str]

    def values(self) -> set[str]:
        return set(self.legs.values())
