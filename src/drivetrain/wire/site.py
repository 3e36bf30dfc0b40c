"""What pages and APIs are built from, of one home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.answers.ports import NoAnswers
from drivetrain.view.folders import ArtifactFolders, LogFolders
from drivetrain.view.models.ports import Registry
from drivetrain.view.ports import ProjectStatus
from drivetrain.view.reports.files import ReportFolders
from drivetrain.view.site import Site
from drivetrain.wire.asked import current_user
from drivetrain.wire.certificates import tenant_of
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.log_texts import LogTextFile
from drivetrain.wire.registry.lineages import lineages
from drivetrain.wire.whys import whys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.source.ports import Projects
    from drivetrain.view.answers.ports import Pictures
    from drivetrain.view.ports import ProjectQueries, RetentionDesk, Verbs
    from drivetrain.view.serving.ports import Serves
    from drivetrain.wire.storage import Storage


class KnownProjects:
    """The ProjectQueries port where nobody watches."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def projects(self) -> Sequence[ProjectStatus]:
        """All projects, by name."""
        return [ProjectStatus(each) for each in self._projects.all()]


def site_of(
    storage: Storage,
    *,
    verbs: Verbs,
    projects: ProjectQueries,
    retention: RetentionDesk,
    pictures: Pictures | None = None,
    badges: bool = False,
    wake: Callable[[], None] = lambda: None,
    stopping: Callable[[], bool] = lambda: False,
    serves: Serves | None = None,
) -> Site:
    """The services of a home. `wake` tells its engine of what has changed."""
    home = storage.home
    return Site(
        runs=storage.queries,
        logs=LogFolders(home.run, LogTextFile),
        artifacts=ArtifactFolders(home.artifacts),
        training=storage.training_runs,
        reports=storage.reports,
        report_files=ReportFolders(home.run),
        projects=projects,
        verbs=verbs,
        desk=storage.desk(wake),
        environments=storage.environments,
        tokens=storage.personal_tokens,
        clock=storage.clock,
        library=LibraryBook(storage.library, current_user(), wake, tenant=lambda: tenant_of(home.azure)),
        retention=retention,
        deliveries=storage.deliveries,
        whys=whys_of(storage, projects),
        verdicts=storage.verdicts,
        registry=Registry(storage.models, storage.verdicts, lineages(storage)),
        answers=storage.answers,
        pictures=pictures or NoAnswers(),
        badges=badges,
        owner=current_user(),
        home=str(home.root),
        stopping=stopping,
        serves=serves,
    )
