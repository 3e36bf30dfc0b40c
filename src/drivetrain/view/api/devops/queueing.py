"""Starting a run, as both of Azure's ways to ask for one do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.errors import UserError
from drivetrain.view.ports import QueueRequest

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.view.api.devops.services import Services
    from drivetrain.view.api.devops.teams import TeamProject


class Wish(Struct, frozen=True):
    """What a run is to be like."""

    branch: str = ""
    commit: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    stages_to_skip: Sequence[str] = ()
    text: str | None = None
    """In place of the file, for a preview."""


def request_of(project: TeamProject, wish: Wish) -> QueueRequest:
    """The request for a run of a project. Raises UserError for the pipeline of a working tree."""
    if project.project is None:
        raise UserError(
            f"'{project.name}' is a working tree: it cannot be queued from here",
            hint="`drivetrain run` runs it; `drivetrain project add` makes it a project",
        )
    return QueueRequest(
        project.project.name, wish.branch, wish.commit, wish.parameters, wish.variables, wish.stages_to_skip
    )


def queue(services: Services, project: TeamProject, wish: Wish, *, by: str) -> Run:
    """Start it. Raises UserError, UnavailableError."""
    return services.site.verbs.queue(request_of(project, wish), by=by)


def preview(services: Services, project: TeamProject, wish: Wish, *, by: str) -> str:
    """Its final YAML; nothing is started. Raises UserError, UnavailableError."""
    return services.sources.preview(request_of(project, wish), wish.text, by=by)
