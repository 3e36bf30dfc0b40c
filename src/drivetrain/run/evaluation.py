"""What the expressions of a run come to at its places: what a job is told, whether its failure counts, its legs.

Reads the run as it stands and what is stored of it; changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.errors import CorruptError, UserError
from drivetrain.run.conditions import Expressions
from drivetrain.run.job_spec import Surroundings, prepare
from drivetrain.run.legs import decide_legs
from drivetrain.run.model import Result
from drivetrain.run.predefined import Place
from drivetrain.run.resources import resources_of
from drivetrain.run.runner.mask import Masker
from drivetrain.run.variables import resolve, truth, variables_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.plan.model import JobPlan, StagePlan
    from drivetrain.run.job_spec import Prepared
    from drivetrain.run.launch import Parts
    from drivetrain.run.legs import Decided, Undecided
    from drivetrain.run.model import JobRecord, JobRef, Run
    from drivetrain.run.status import RunStatus


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
        return variables_at(self._place(stage, job), self.expressions).values()

    def _place(self, stage: StagePlan, job: JobPlan | None) -> Place:
        return Place(self._run(), self._status.plan, self._parts.settings.server_url, stage, job)

    def prepare(self, record: JobRecord) -> Prepared:
        """What the runner of a leg is told. Raises UserError, CorruptError."""
        stage = self._status.stages[record.ref.stage].plan
        job = self._status.job(record.ref).plan
        place = replace(self._place(stage, job), leg=job.leg(record.ref.leg), attempt=record.attempt)
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
        return prepare(place, record.ref, self.expressions, around)

    def continues(self, ref: JobRef, outcome: Result) -> bool:
        """Whether `continueOnError` holds; asked only of a failure, because it may be an expression."""
        job = self._status.job(ref).plan
        if outcome is not Result.FAILED or job.continue_on_error in {"", "false"}:
            return False
        stage = self._status.stages[ref.stage].plan
        place = replace(self._place(stage, job), leg=job.leg(ref.leg))
        try:
            bag = variables_at(place, self.expressions)
            return truth(resolve(job.continue_on_error, bag, self.expressions, stage, job))
        except UserError:
            return False

    def legs(self, stage: StagePlan, job: JobPlan) -> Decided | Undecided:
        """What the strategy of a job that is ready comes to."""

        def evaluate(text: str) -> str:
            bag = variables_at(self._place(stage, job), self.expressions)
            return resolve(text, bag, self.expressions, stage, job)

        return decide_legs(job, evaluate, self.expressions.secrets(stage, job))

    def masked(self, text: str) -> str:
        """A text without the secret outputs of jobs: what is wrong with an expression may quote them."""
        masker = Masker()
        for stage in self._status.stages.values() if text else ():
            for record in (leg for job in stage.jobs.values() for leg in job.legs.values()):
                for name in record.secret_outputs:
                    with suppress(CorruptError):  # what cannot be opened cannot have been quoted
                        masker.add(self._parts.vault.open(record.outputs[name]))
        return masker.text(text)
