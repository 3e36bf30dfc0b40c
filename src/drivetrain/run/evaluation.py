"""What the expressions of a run come to at its places: what a job is told, whether its failure counts, its legs.

Reads the run as it stands and what is stored of it; changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.errors import CorruptError, NotFoundError, UserError
from drivetrain.lang.expressions import ExpressionError
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.run.conditions import Expressions
from drivetrain.run.job_spec import Surroundings, prepare
from drivetrain.run.legs import decide_legs
from drivetrain.run.library.withheld import Withheld
from drivetrain.run.model import Result
from drivetrain.run.predefined import Place
from drivetrain.run.resources import resources_of
from drivetrain.run.runner.mask import Masker
from drivetrain.run.variables import SHORTEST_TELLING, resolve, truth, variables_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.plan.model import JobPlan, StagePlan, VariablePlan
    from drivetrain.run.job_spec import Prepared
    from drivetrain.run.launch import Parts
    from drivetrain.run.legs import Decided, Undecided
    from drivetrain.run.library.model import GroupVariable
    from drivetrain.run.library.ports import Library
    from drivetrain.run.model import JobRecord, JobRef, Run
    from drivetrain.run.status import RunStatus
    from drivetrain.run.variables import Bag


class Evaluation:
    """Evaluates what the plan of one run leaves open."""

    def __init__(self, status: RunStatus, parts: Parts, run: Callable[[], Run]) -> None:
        """`run` gives the run's row as it is now: its number may change."""
        self._status = status
        self._parts = parts
        self._run = run
        self.expressions = self._make_expressions()

    def _make_expressions(self) -> Expressions:
        store, run = self._parts.store, self._run()
        return Expressions(
            self._status,
            pipeline={"startTime": parse_timestamp(run.started_at or run.created_at)},
            variables=self._variables,
            open_secret=self._parts.vault.open,
            counter=lambda prefix, seed: store.counter(run.id, self.masked(prefix), seed),
            resources=resources_of(run, self._status.plan),
        )

    def _variables(self, stage: StagePlan, job: JobPlan | None) -> Mapping[str, str]:
        return self._bag(self._place(stage, job)).values()

    def _bag(self, place: Place) -> Bag:
        return variables_at(place, self.expressions, self._group)

    def _group(self, variable: VariablePlan) -> Mapping[str, GroupVariable]:
        """The variables of a group. Who set variables when queueing has taken care of those of one that is not there.

        Raises ExpressionError, as for anything of a file that cannot be evaluated.
        """
        run, library = self._run(), self._library()
        use = ResourceUse(ResourceKind.VARIABLE_GROUP, variable.group, variable.position)
        if run.variables and library.missing(run.project, [use]):
            return {}
        try:
            return library.group(run.project, variable.group).variables
        except (NotFoundError, CorruptError) as error:
            why = f"variable group '{variable.group}': {error.message}"
            raise ExpressionError(f"{variable.position}: {why}" if variable.position else why) from error

    def _library(self) -> Library:
        return Withheld(self._parts.library) if self._run().restricted else self._parts.library

    def _place(self, stage: StagePlan, job: JobPlan | None) -> Place:
        place = Place(self._run(), self._status.plan, self._parts.settings.server_url, stage, job)
        status = self._status.stages[stage.name]
        place = replace(place, stage_attempt=status.record.attempt)
        if job is None:
            return place
        # For the condition, the attempt that its legs are about to begin.
        legs = status.jobs[job.name].legs.values()
        phase = max((record.phase_attempt for record in legs), default=1)
        return replace(place, attempt=max((record.attempt for record in legs), default=1), phase_attempt=phase)

    def prepare(self, record: JobRecord) -> Prepared:
        """What the runner of a leg is told. Raises UserError, CorruptError."""
        stage = self._status.stages[record.ref.stage].plan
        job = self._status.job(record.ref).plan
        place = replace(self._place(stage, job), leg=job.leg(record.ref.leg), attempt=record.attempt)
        place = replace(place, phase_attempt=record.phase_attempt, stage_attempt=record.stage_attempt)
        settings = self._parts.settings
        artifacts = str(self._parts.home.artifacts(self._run().id))
        around = Surroundings(
            str(self._parts.home.root),
            artifacts,
            settings.server_url,
            settings.keep_work,
            settings.containers,
            settings.other_projects,
        )
        return prepare(place, record.ref, self.expressions, around, self._group, self._library())

    def continues(self, ref: JobRef, outcome: Result) -> bool:
        """Whether `continueOnError` holds; asked only of a failure, because it may be an expression."""
        job = self._status.job(ref).plan
        if outcome is not Result.FAILED or job.continue_on_error in {"", "false"}:
            return False
        stage = self._status.stages[ref.stage].plan
        place = replace(self._place(stage, job), leg=job.leg(ref.leg))
        try:
            bag = self._bag(place)
            return truth(resolve(job.continue_on_error, bag, self.expressions, stage, job))
        except UserError:
            return False

    def legs(self, stage: StagePlan, job: JobPlan) -> Decided | Undecided:
        """What the strategy of a job that is ready comes to."""
        hidden = self.expressions.secrets(stage, job)

        def evaluate(text: str) -> str:
            bag = self._bag(self._place(stage, job))
            hidden.update(secret for secret in bag.secrets() if len(secret) >= SHORTEST_TELLING)
            return resolve(text, bag, self.expressions, stage, job)

        return decide_legs(job, evaluate, hidden)

    def masked(self, text: str) -> str:
        """A text without the secret outputs of jobs and the secrets of groups, which a wrong expression may quote."""
        masker = Masker()
        for variable in self._groups() if text else ():
            with suppress(UserError):  # what is not there cannot have been quoted
                masker.add(*(each.value for each in self._group(variable).values() if each.secret))
        for stage in self._status.stages.values() if text else ():
            for record in (leg for job in stage.jobs.values() for leg in job.legs.values()):
                for name in record.secret_outputs:
                    with suppress(CorruptError):  # what cannot be opened cannot have been quoted
                        masker.add(self._parts.vault.open(record.outputs[name]))
        return masker.name(text)

    def _groups(self) -> Iterator[VariablePlan]:
        plan = self._status.plan
        scopes = [plan.variables, *(stage.variables for stage in plan.stages)]
        scopes += [job.variables for stage in plan.stages for job in stage.jobs]
        yield from (variable for variables in scopes for variable in variables if variable.group)
