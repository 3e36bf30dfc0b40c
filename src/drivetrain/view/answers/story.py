"""All that is known of a run when its host is told of it: plain values, gathered by who tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.answers.model import Software

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.model import Issue, JobRecord, Run, StageRecord
    from drivetrain.run.reports.model import Counts, Measure
    from drivetrain.source.events import PullRequest
    from drivetrain.view.reports.ports import Case


class Results(Struct, frozen=True):
    """What came out of a run, as far as it is compared."""

    run: Run
    training: Sequence[TrainingRun] = ()
    software: Software = Software()
    tests: Counts | None = None
    """None when it published none."""
    failed: Sequence[Case] = ()
    """Some of the tests that failed."""
    lines: Measure | None = None
    """Of the code, those that tests have run through."""
    page: str = ""
    """Its page; empty when the server has no address that others reach."""


class Story(Struct, frozen=True):
    """A run, and what it is compared with."""

    name: str
    """What its reports are called at the host."""
    sha: str
    """The commit that is reported on: of a pull request its head, not the merge."""
    results: Results
    stages: Sequence[StageRecord] = ()
    jobs: Sequence[JobRecord] = ()
    """The newest attempt at each."""
    issues: Sequence[Issue] = ()
    roots: Sequence[str] = ()
    """Folders of this machine that the repository was checked out to."""
    pull_request: PullRequest | None = None
    target: str = ""
    """The branch that it is compared with, short."""
    before: Results | None = None
    """The last good run of that branch."""
    picture: str = ""
    """Where a picture of the metrics is; empty for none."""
    gate: str = ""
    """What the gate says, as finished Markdown; empty where there is none."""
    gate_line: str = ""
    """The same in a few words, plain."""

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.results.run
