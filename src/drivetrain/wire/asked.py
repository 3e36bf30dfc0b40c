"""What somebody or something asks for, as a run that is to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.plan.choose import ALL, Choice
from drivetrain.run.model import RepositorySource
from drivetrain.run.ports import NewRun
from drivetrain.source.git import commit, without_credentials
from drivetrain.source.providers import SUBVERSION, name_of, provider_of
from drivetrain.source.subversion import revision_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.source.hosts.model import Link
    from drivetrain.source.model import Project, Reason

BRANCHES = "refs/heads/"


class Wish(Struct, frozen=True):
    """What a person may say when queueing a run by hand."""

    requested_for: str
    requested_for_email: str = ""
    parameters: Mapping[str, str] | None = None
    """Text, or YAML for objects."""
    variables: Mapping[str, str] | None = None
    starts: tuple[str, ...] = ()
    """Stages with `trigger: manual` that are to start by themselves."""
    choice: Choice = ALL
    """The stages and jobs that are to run. One with `trigger: manual` that is named starts by itself."""
    skip_checks: bool = False
    """Without approvals and checks; who wants that is kept with the run."""


def current_user() -> str:
    """Who asks, as the system knows them."""
    import getpass  # noqa: PLC0415 - brings termios; only a run by hand asks

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def full_ref(branch: str) -> str:
    """A branch by its full name; a name that is full already stays."""
    return branch if branch.startswith("refs/") else f"{BRANCHES}{branch}"


def wished(new: NewRun, wish: Wish) -> NewRun:
    """The run with what a person wishes."""
    return replace(
        new,
        requested_for=wish.requested_for,
        requested_for_email=wish.requested_for_email,
        variables=dict(wish.variables or {}),
        starts=wish.starts,
        checks_skipped_by=wish.requested_for if wish.skip_checks else "",
    )


def of_project(project: Project, source: RepositorySource, reason: Reason) -> NewRun:
    """A run of a project; for nobody yet."""
    return NewRun(project.name, project.file, reason, source, "", project_id=project.id)


def project_source(project: Project, repo: Path, ref: str, sha: str, link: Link | None = None) -> RepositorySource:
    """Where a project's run gets its files: a commit in the mirror `repo`. Raises NotFoundError."""
    provider = provider_of(project.url, link)
    name = name_of(project.url, provider) or project.name
    version = revision_of(repo, sha) if provider == SUBVERSION else ""
    shown = without_credentials(project.url)
    return RepositorySource(name, shown, str(repo), ref, commit(repo, sha), provider, version)
