"""Everything that pages and our own API are built from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain import __version__
from drivetrain.registry.gates.memory import MemoryVerdicts
from drivetrain.view.answers.ports import NoAnswers
from drivetrain.view.deliveries import NoDeliveries
from drivetrain.view.library import EmptyShelves
from drivetrain.view.ports import NoRetention
from drivetrain.view.whys import NoWhys

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from drivetrain.clock import Clock
    from drivetrain.registry.gates.ports import Verdicts
    from drivetrain.run.deployments.ports import Environments
    from drivetrain.source.webhooks.ports import DeliveryBook
    from drivetrain.view.answers.ports import AnswerQueries, Pictures
    from drivetrain.view.library import LibraryVerbs
    from drivetrain.view.models.ports import Registry
    from drivetrain.view.ports import (
        ArtifactReader,
        Desk,
        LogReader,
        ProjectQueries,
        RetentionDesk,
        RunQueries,
        TrainingRunQueries,
        Verbs,
    )
    from drivetrain.view.reports.ports import ReportFiles, ReportQueries
    from drivetrain.view.serving.ports import Serves
    from drivetrain.view.tokens.ports import PersonalTokens
    from drivetrain.view.whys import Whys

Guard = Callable[["ASGIApp"], "ASGIApp"]
"""Wraps an application so that only those who may reach it."""


class Site(Struct, frozen=True):
    """The services behind the pages, and what the pages say of their server."""

    runs: RunQueries
    logs: LogReader
    artifacts: ArtifactReader
    training: TrainingRunQueries
    reports: ReportQueries
    report_files: ReportFiles
    projects: ProjectQueries
    verbs: Verbs
    desk: Desk
    environments: Environments
    tokens: PersonalTokens
    clock: Clock
    library: LibraryVerbs = field(default_factory=EmptyShelves)
    retention: RetentionDesk = field(default_factory=NoRetention)
    deliveries: DeliveryBook = field(default_factory=NoDeliveries)
    whys: Whys = field(default_factory=NoWhys)
    verdicts: Verdicts = field(default_factory=MemoryVerdicts)
    answers: AnswerQueries = field(default_factory=NoAnswers)
    pictures: Pictures = field(default_factory=NoAnswers)
    registry: Registry | None = None
    """Models; None where there are none."""
    serves: Serves | None = None
    """Endpoints; None where nothing is served."""
    badges: bool = False
    """Whether everybody may see the badges of projects."""
    owner: str = "you"
    """Who uses the pages: `requested for` of what is started there."""
    home: str = ""
    """The home folder, as the about page names it."""
    version: str = __version__
    stopping: Callable[[], bool] = lambda: False
    """True once the server is to end: open streams end then."""
    poll_seconds: float = 0.1
    """How often an open stream looks for news."""
