"""What every kind of event stands on: its pipeline file is read, its trigger is asked, and at most one run is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.definition.locate import position_of
from drivetrain.errors import DefinitionError
from drivetrain.wire.asked import of_project, project_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.definition.model import Definition
    from drivetrain.run.model import RepositorySource
    from drivetrain.run.ports import NewRun
    from drivetrain.source.git import Git
    from drivetrain.source.hosts.ports import Links
    from drivetrain.source.model import Decision, LaunchOutcome, Project, SourceEvent
    from drivetrain.source.webhooks.ports import WebhookPosts
    from drivetrain.store.other_runs import SqliteOtherRuns
    from drivetrain.store.ref_runs import SqliteRefRuns
    from drivetrain.wire.making import Maker
    from drivetrain.wire.repositories import Repositories


class Ground(Struct, frozen=True):
    """What runs of events are made from."""

    maker: Maker
    git: Git
    links: Links
    ref_runs: SqliteRefRuns
    other_runs: SqliteOtherRuns
    posts: WebhookPosts
    """What was posted to webhooks."""


class Asked(Struct, frozen=True):
    """A pipeline file that was read for an event."""

    new: NewRun
    definition: Definition
    repositories: Repositories

    def said(self, decision: Decision) -> str:
        """Why, with the place of the line that decided: `... (azure-pipelines.yml:3:5)`."""
        return said(self.definition, decision)


def said(definition: Definition, decision: Decision) -> str:
    """Why, with the place of the line that decided: `... (azure-pipelines.yml:3:5)`."""
    place = position_of(definition.node, decision.rule) if decision.rule else None
    return f"{decision.why} ({place})" if place else decision.why


def source_of(ground: Ground, project: Project, repo: Path, ref: str, sha: str) -> RepositorySource:
    """Where the run of an event gets its files. Raises NotFoundError."""
    return project_source(project, repo, ref, sha, ground.links.get(project.id))


def new_run(event: SourceEvent, project: Project, source: RepositorySource) -> NewRun:
    """The run that an event may become; for the author of its commit."""
    return replace(
        of_project(project, source, event.reason),
        requested_for=source.commit.author_name,
        requested_for_email=source.commit.author_email,
        source_event_id=event.id,
        cause=event.cause,
    )


def ask(
    maker: Maker,
    repo: Path,
    new: NewRun,
    moved: tuple[str, str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Asked | LaunchOutcome:
    """Read the file at the run's commit; one with errors is a failed run at once. `moved`: the alias, ref and commit of
    another repository whose push is the reason; `parameters`: what was posted, by alias of the webhook. Raises
    NotFoundError when there is no such file, UnavailableError.
    """
    text, files = maker.read(repo, new.source.commit.sha, new.file, new.pipeline, restricted=new.restricted)
    if moved is not None:
        files.repositories.pin(*moved)
    try:
        definition = maker.define(text, files, new, parameters)
    except DefinitionError as error:
        return maker.queue_failed(new, error)
    if files.repositories.unreachable is not None:
        raise files.repositories.unreachable
    return Asked(new, definition, files.repositories)
