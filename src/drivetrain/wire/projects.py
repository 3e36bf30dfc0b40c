"""Adding and removing projects: the repository, its hooks, the refs that count as seen."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import SystemClock
from drivetrain.errors import DrivetrainError, NotFoundError, UserError
from drivetrain.record.retention.model import Policy
from drivetrain.run.library.model import ItemKind
from drivetrain.source.git import git, is_local, text_of, without_credentials
from drivetrain.source.hooks import install, uninstall
from drivetrain.source.model import Project, Reason, RefUpdate
from drivetrain.source.places import Places
from drivetrain.source.refs import BRANCHES
from drivetrain.store.database import Database
from drivetrain.store.library import SqliteLibrary
from drivetrain.store.links import SqliteLinks
from drivetrain.store.pipeline_schedules import SqlitePipelineSchedules
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.vault import FileVault
from drivetrain.wire.access import Accesses
from drivetrain.wire.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.home import Home
    from drivetrain.source.access import Access
    from drivetrain.source.triggers.ports import Planned

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
_URL = re.compile(r"(?:https?|ssh|git|file|svn(?:\+(?:ssh|https?|file))?)://\S+|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:\S+")


class Added(Struct, frozen=True):
    """What came of adding a project."""

    project: Project
    hooks: tuple[str, ...]
    warning: str = ""
    """Why something that was asked for could not be done; the project is there all the same."""


class ProjectBook:
    """The verbs behind `drivetrain project`; they need no server, and a running one notices."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._database = database = Database(home.database)
        vault = FileVault(home.secret_key)
        self._projects = SqliteProjects(database, vault=vault)
        self._files = SealedFiles(home.secure_files, vault)
        self._library = SqliteLibrary(database, vault, self._files)
        self._events = SqliteSourceEvents(database)
        self._accesses = Accesses(self._library, self._projects, SqliteLinks(database, vault))

    def all(self) -> Sequence[Project]:
        """Every project, by name."""
        return self._projects.all()

    def add(
        self,
        place: str,
        *,
        name: str,
        branch: str,
        file: str,
        poll_seconds: float,
        hook: bool,
        run_now: bool,
        connection: str = "",
    ) -> Added:
        """Watch a repository; `name` and `branch` are found when empty. What is there counts as seen, unless
        `run_now`. `connection`: the service connection of the home that signs in to it. Raises UserError,
        ConflictError, UnavailableError.
        """
        url = url_of(place)
        source = Places(self._home.mirrors, lambda url: self._access(connection, url))
        refs = source.refs(url)
        chosen = Project(
            0,
            name=checked_name(name or default_name(url)),
            url=url,
            branch=branch or _default(source.default_branch(url), refs),
            file=file,
            poll_seconds=poll_seconds,
            connection=connection,
        )
        project = self._projects.add(chosen, refs)
        self._home.inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        added = self._with_hook(project) if hook and is_local(url) else Added(project, ())
        if run_now:
            added = self._run_now(added, refs.get(f"refs/heads/{project.branch}", ""))
        return added

    def _access(self, connection: str, url: str) -> Access | None:
        return self._accesses.of_connection(connection, "", url) if connection else None

    def _with_hook(self, project: Project) -> Added:
        try:
            paths = install(Path(project.url), self._home.inbox, project.id)
        except DrivetrainError as error:
            return Added(project, (), f"{error.message}; {error.hint}")
        return Added(project, tuple(str(path) for path in paths))

    def _run_now(self, added: Added, sha: str) -> Added:
        """The newest commit of the branch counts as pushed just now."""
        ref = f"refs/heads/{added.project.branch}"
        if not sha:
            return replace(added, warning=f"there is no commit on {added.project.branch} to run yet")
        # Seen as gone, then as come: the same compare-and-swap as any push.
        self._events.forget(added.project.id, ref)
        self._events.ingest(RefUpdate(added.project.id, ref, "", sha), Reason.INDIVIDUAL_CI)
        return added

    def schedules(self, name: str | None = None) -> Sequence[Planned]:
        """When schedules are due next, the earliest first; of one project or of all. Raises NotFoundError."""
        project_id = self._projects.named(name).id if name else None
        return SqlitePipelineSchedules(self._database).every(project_id)

    def remove(self, name: str, *, delete_runs: bool) -> Sequence[int]:
        """Forget a project and take its hooks away; the ids of the runs that went with it. Raises NotFoundError,
        ConflictError.
        """
        project = self._projects.named(name)
        files = self._library.items(ItemKind.SECURE_FILE, name)
        deleted = self._projects.remove(project.id, delete_runs=delete_runs)
        for file in files:
            self._files.remove(file.data["ticket"])
        if deleted:
            Retention(self._home, self._database, SystemClock(), Policy()).finish()
        if is_local(project.url) and Path(project.url).is_dir():
            uninstall(Path(project.url), self._home.inbox, project.id)
        return deleted


def _default(named: str, refs: Mapping[str, str]) -> str:
    """The default branch: the one that HEAD names, unless it is not there (a bare repository that was made before
    anybody said what its branch is called) and there is one that is meant.
    """
    there = [ref.removeprefix(BRANCHES) for ref in refs if ref.startswith(BRANCHES)]
    if named in there or not there:
        return named
    return next((each for each in ("main", "master") if each in there), there[0] if len(there) == 1 else named)


def url_of(place: str) -> str:
    """A git URL as it is, or the absolute path of the repository that a folder belongs to. Raises NotFoundError."""
    if _URL.fullmatch(place):
        return place
    folder = Path(place).expanduser().absolute()
    if not folder.is_dir():
        raise NotFoundError(
            f"{place} is neither a folder nor a git URL",
            hint="https://, ssh://, git@host:path or a path; of Subversion svn://, svn+ssh:// or svn+https://",
        )
    bare = text_of(git(["rev-parse", "--is-bare-repository"], cwd=folder)).strip() == "true"
    asked = "--absolute-git-dir" if bare else "--show-toplevel"
    return str(Path(text_of(git(["rev-parse", asked], cwd=folder)).removesuffix("\n")).resolve())


def default_name(url: str) -> str:
    """The last part of the url, without `.git`."""
    name = PurePosixPath(without_credentials(url).replace(":", "/")).name.removesuffix(".git")
    return re.sub(r"[^A-Za-z0-9 ._-]+", "-", name).strip("-. ") or "project"


def checked_name(name: str) -> str:
    """The name, when it is one. Raises UserError."""
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} is no name for a project", hint="letters, digits, spaces, . _ - (at most 100)")
    return name
