"""Projects as Azure DevOps sees them: the repositories that are watched, and folders whose pipelines were run.

A project has one pipeline, whose number is the project's; the pipeline of a working tree has the number 0, as
`System.DefinitionId` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.predefined import guid
from drivetrain.source.model import Project
from drivetrain.view.api.devops.errors import UnknownError, no_project
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.view.site import Site


class TeamProject(Struct, frozen=True):
    """One of them."""

    name: str
    project: Project | None = None
    """None for the pipeline of a working tree."""

    @property
    def id(self) -> str:
        """`System.TeamProjectId`."""
        return guid("project", self.name)

    @property
    def definition(self) -> int:
        """`System.DefinitionId`."""
        return self.project.id if self.project else 0

    def has(self, run: Run) -> bool:
        """Whether a run is one of its pipeline's."""
        if self.project is not None:
            return run.project_id == self.project.id
        return run.project_id is None and run.source.name == self.name

    def check(self, definition: int) -> None:
        """Raises UnknownError unless it is the number of its pipeline."""
        if definition != self.definition:
            raise UnknownError(
                f"The pipeline {definition} could not be found in {self.name}; its only one is {self.definition}.",
                "DefinitionNotFoundException",
            )

    def runs(self) -> RunFilter:
        """What finds its runs."""
        if self.project is not None:
            return RunFilter(project=self.project.name)
        return RunFilter(pipeline=self.name, local=True)


def all_projects(site: Site) -> list[TeamProject]:
    """Every one, by name; a watched one hides a folder of the same name."""
    watched = [TeamProject(each.project.name, each.project) for each in site.projects.projects()]
    taken = {each.name.lower() for each in watched}
    folders = [TeamProject(name) for name in site.runs.choices().folders if name.lower() not in taken]
    return sorted([*watched, *folders], key=lambda each: each.name.lower())


def find_project(site: Site, named: str) -> TeamProject:
    """The one of that name or id, in any case. Raises UnknownError."""
    wanted = named.lower()
    for each in all_projects(site):
        if wanted in {each.name.lower(), each.id}:
            return each
    raise no_project(named)


def run_of(site: Site, run_id: int) -> Run | None:
    """The run of this id; None when there is none."""
    for run in site.runs.runs(RunFilter(before=run_id + 1, limit=1)):
        return run if run.id == run_id else None
    return None


def project_of_run(site: Site, run: Run) -> TeamProject:
    """The project of a run. Raises UnknownError."""
    return find_project(site, run.project or run.source.name)
