"""Gathers what is known of a run when its host is told of it, and what it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.run.model import Result
from drivetrain.run.reports.model import CaseOutcome
from drivetrain.source.events import PullRequestChanged
from drivetrain.view.answers import gates
from drivetrain.view.answers.report import report_name
from drivetrain.view.answers.story import Results, Story
from drivetrain.view.ports import RunFilter
from drivetrain.view.reports.ports import CaseFilter
from drivetrain.wire.seldom import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import JobRecord, Run
    from drivetrain.source.events import PullRequest
    from drivetrain.store.software import SqliteSoftware
    from drivetrain.wire.storage import Storage

GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)
MOST_FAILED = 100
PULLS = "refs/pull/"


class Stories:
    """Reads only; any thread may call it."""

    def __init__(self, storage: Storage, public_url: str) -> None:
        """`public_url` is where others reach the server; empty when only this machine does."""
        self._storage = storage
        self._url = public_url.rstrip("/")
        self._software: SqliteSoftware = load("store.software:SqliteSoftware")(storage.database)

    def run(self, run_id: int) -> Run | None:
        """The run; None when it is not kept any more."""
        try:
            return self._storage.runs.get(run_id)
        except NotFoundError:
            return None

    def story(self, run: Run) -> Story | None:
        """All of it; None of a run that no commit of the host's has to do with, or whose project is gone."""
        project = self._storage.projects.get(run.project_id) if run.project_id is not None else None
        pull = pull_request_of(run)
        if project is None or (pull is None and run.source.ref.startswith(PULLS)):
            return None
        timeline = self._storage.queries.timeline(run.id)
        jobs = _newest(timeline.jobs)
        target = (pull.target if pull else f"refs/heads/{project.branch}").removeprefix("refs/heads/")
        history = self._good_before(run, target, 1)
        verdicts = self._storage.verdicts.of_run(run.id)
        return Story(
            name=report_name(project.name, pull_request=pull is not None),
            sha=pull.head_sha if pull else run.source.commit.sha,
            results=self._results(timeline.run),
            stages=timeline.stages,
            jobs=jobs,
            issues=timeline.issues,
            roots=tuple(
                str(self._storage.home.run(run.id) / each.ref.folder(each.attempt) / "work/s") for each in jobs
            ),
            pull_request=pull,
            target=target,
            before=self._results(history[0]) if history else None,
            gate=gates.told(verdicts),
            gate_line=gates.line(verdicts),
        )

    def history(self, story: Story, most: int) -> list[Results]:
        """Good runs of the target branch before this one with what they trained, oldest first."""
        runs = self._good_before(story.run, story.target, most)
        training = self._storage.training_runs.of_pipeline_run
        return [Results(run, training(run.id)) for run in reversed(runs)]

    def _good_before(self, run: Run, target: str, most: int) -> list[Run]:
        """The last good runs of a branch that were made before a run, newest first."""
        wanted = RunFilter(project=run.project, branch=f"refs/heads/{target}", before=run.id, limit=most)
        found = [each for result in GOOD for each in self._storage.queries.runs(replace(wanted, result=result))]
        return sorted(found, key=lambda each: each.id, reverse=True)[:most]

    def _results(self, run: Run) -> Results:
        reports = self._storage.reports
        tests = reports.tests(run.id).counts
        wanted = CaseFilter(outcome=CaseOutcome.FAILED, limit=MOST_FAILED)
        lines = reports.coverage_lines(run.id)
        return Results(
            run=run,
            training=self._storage.training_runs.of_pipeline_run(run.id),
            software=self._software.of_run(run.id),
            tests=tests if tests.total else None,
            failed=reports.cases(run.id, wanted).cases if tests.failed else (),
            lines=lines[0] if lines else None,
            page=f"{self._url}/runs/{run.id}" if self._url else "",
        )


def pull_request_of(run: Run) -> PullRequest | None:
    """The pull request that a run is about."""
    return run.cause.pull_request if isinstance(run.cause, PullRequestChanged) else None


def _newest(jobs: Sequence[JobRecord]) -> tuple[JobRecord, ...]:
    """The newest attempt at each job, in the order of the plan."""
    newest = {each.ref: each for each in sorted(jobs, key=lambda each: each.attempt)}
    return tuple(each for each in jobs if newest[each.ref] is each)
