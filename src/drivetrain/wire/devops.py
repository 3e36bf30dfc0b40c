"""The Azure DevOps API of a home, built: its repositories are read by git, its callers known by their tokens."""

from __future__ import annotations

import getpass
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.clock import timestamp
from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.run.callbacks import Completion, write_completion
from drivetrain.source.git import Git, commit_sha, git, read_file, text_of, without_credentials
from drivetrain.source.trees import inside
from drivetrain.view.access import token_of
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.devops.app import create_devops
from drivetrain.view.api.devops.ports import CommitEntry, Repository, TreeEntry
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.signing import Signer
from drivetrain.wire.identities import personal_principal
from drivetrain.wire.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.home import Home
    from drivetrain.run.model import JobRecord, Run
    from drivetrain.source.model import Project
    from drivetrain.view.access import Access
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.authority import Authority
    from drivetrain.view.api.mlflow.asgi import Application
    from drivetrain.view.ports import QueueRequest
    from drivetrain.view.site import Site
    from drivetrain.view.tokens.model import PersonalToken
    from drivetrain.wire.storage import Storage
    from drivetrain.wire.verbs import ServerVerbs

_FORMAT = "%H%x00%B%x00%an%x00%ae%x00%aI%x00%P%x00"
_FIELDS = 6
_REVISION = re.compile(r"[^\x00-\x20\x7f~^:?*\\\[]{1,1000}")


class Callers:
    """Who sends a request: by a token of the owner or a job, a personal one, one of the Azure edge's, or a session of
    the pages.
    """

    def __init__(
        self,
        known: Callable[[str], Principal | None],
        personal: Callable[[str], PersonalToken | None],
        authority: Authority,
        access: Access | None = None,
    ) -> None:
        """`access` knows the sessions; at the edge there are none."""
        self._known = known
        self._personal = personal
        self._authority = authority
        self._access = access

    def __call__(self, scope: Mapping[str, Any]) -> Principal | None:
        """The header counts before the cookie; a wrong one is not helped by it."""
        given = token_of(scope)
        if given is None:
            signed_in = self._access is not None and self._access.identify(scope) is not None
            return Principal(PrincipalKind.OWNER, getpass.getuser()) if signed_in else None
        if not given:
            return None
        personal = self._personal(given)
        if personal is not None:
            return personal_principal(personal)
        return self._known(given) or self._authority.check(given, [Audience.DEVOPS])


def devops_of(
    storage: Storage, site: Site, verbs: ServerVerbs, edge: Edge, access: Access | None = None
) -> Application:
    """The API. `access` knows the sessions of the pages, where there are pages."""
    return create_devops(services_of(storage, site, verbs, edge, access))


def services_of(storage: Storage, site: Site, verbs: ServerVerbs, edge: Edge, access: Access | None = None) -> Services:
    """What the API is built from."""
    sources = GitSources(storage.git, verbs, storage.projects.named)
    signer = Signer(storage.home.token.read_bytes(), storage.clock)
    callers = Callers(edge.known, storage.personal_tokens.find, edge.authority, access)
    incoming = Incoming(storage.library, storage.webhook_posts)
    return Services(site, sources, signer, callers, Completions(storage.home), incoming)


class Completions:
    """Hands what services say of tasks to the jobs that wait for it, in their folders."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self, run_id: int, job: JobRecord, step: int, succeeded: bool) -> None:  # noqa: FBT001 - a port
        """Raises UnavailableError when the folder cannot be written."""
        folder = self._home.run(run_id) / job.ref.folder(job.attempt)
        try:
            write_completion(folder, step, Completion(succeeded))
        except OSError as error:
            raise UnavailableError(f"cannot write {folder}: {error.strerror}", hint="say it again") from error


class GitSources:
    """The Sources port on git and the launcher. Any thread may call it."""

    def __init__(self, git: Git, verbs: ServerVerbs, project: Callable[[str], Project]) -> None:
        """`project` finds a project by its name."""
        self._git = git
        self._verbs = verbs
        self._project = project

    def of_project(self, project: Project) -> Repository:
        """The repository of a project."""
        url = without_credentials(project.url)
        name = url.rstrip("/").rpartition("/")[2].removesuffix(".git") or project.name
        return Repository(name, url, project.branch, project.name)

    def of_run(self, run: Run) -> Repository:
        """The repository of a working tree: the commits that its runs were of."""
        source = run.source
        return Repository(source.name, source.uri, source.ref.removeprefix("refs/heads/"), f"/{source.fetch_from}")

    def preview(self, request: QueueRequest, text: str | None, *, by: str) -> str:
        """The final YAML of a run that is not started. Raises UserError."""
        return self._verbs.preview(request, text, by=by)

    def refs(self, repository: Repository) -> Mapping[str, str]:
        """Branches and tags. Raises UnavailableError."""
        if repository.read_from.startswith("/"):
            return self._git.refs(repository.read_from[1:])
        return self._git.refs(self._project(repository.read_from).url)

    def _place(self, repository: Repository) -> Path:
        """A local repository that has what the repository has now."""
        if repository.read_from.startswith("/"):
            return Path(repository.read_from[1:])
        return self._git.mirror(self._project(repository.read_from).url)

    def _at(self, repository: Repository, version: str) -> tuple[Path, str]:
        place = self._place(repository)
        if not _REVISION.fullmatch(version) or ".." in version or "@{" in version:
            raise UserError(f"{version[:80]!r} is no branch, tag or commit", hint="such as main, or a commit's id")
        return place, commit_sha(place, version)

    def commits(self, repository: Repository, version: str, path: str, skip: int, top: int) -> Sequence[CommitEntry]:
        """The history of a version, newest first. Raises NotFoundError."""
        place, sha = self._at(repository, version)
        only = [f":(literal){inside(path)}"] if path else []
        return _log(place, [f"--max-count={top}", f"--skip={skip}", sha], only) if top else ()

    def commit(self, repository: Repository, version: str) -> CommitEntry:
        """One commit. Raises NotFoundError."""
        place, sha = self._at(repository, version)
        return _log(place, ["-1", sha])[0]

    def tree(self, repository: Repository, version: str, path: str, *, deep: bool) -> Sequence[TreeEntry]:
        """What is below a folder, the folder first; or the file. Raises NotFoundError."""
        place, sha = self._at(repository, version)
        clean = inside(path) if path else ""
        if not clean:
            return [TreeEntry("", sha, folder=True), *_tree(place, sha, [], deep=deep)]
        own = _tree(place, sha, [clean], deep=False)
        if not own:
            raise NotFoundError(f"there is no {path!r} in {repository.name} at {version}")
        return [*own, *_tree(place, sha, [f"{clean}/"], deep=deep)] if own[0].folder else own

    def read(self, repository: Repository, version: str, path: str) -> bytes:
        """A file at a version. Raises NotFoundError."""
        place, sha = self._at(repository, version)
        return read_file(place, sha, inside(path))

    def changes(self, run: Run, before: Run | None, top: int) -> Sequence[CommitEntry]:
        """What a run has that the run before had not."""
        source = run.source
        project = self._verbs.project_of(run)
        place = self._git.repository(project.url, source.commit.sha) if project else Path(source.fetch_from)
        since = before.source.commit.sha if before is not None else ""
        span = [f"--max-count={top}", source.commit.sha, f"^{since}"] if since else ["-1", source.commit.sha]
        return _log(place, span) if top else ()


def _log(place: Path, selection: list[str], paths: Sequence[str] = ()) -> list[CommitEntry]:
    found = text_of(git(["log", "-z", f"--format={_FORMAT}", *selection, "--", *paths], cwd=place))
    parts = found.split("\0")
    # With -z a NUL stands between commits, so each has one field more: an empty one, or the next one's first.
    entries = [parts[start : start + _FIELDS] for start in range(0, len(parts) - _FIELDS, _FIELDS + 1)]
    return [
        CommitEntry(sha, message, author, email, _moment(at), tuple(parents.split()))
        for sha, message, author, email, at, parents in entries
    ]


def _moment(text: str) -> str:
    return timestamp(datetime.fromisoformat(text))


def _tree(place: Path, sha: str, paths: list[str], *, deep: bool) -> list[TreeEntry]:
    words = ["ls-tree", "-z", "--long", "--full-tree", *(["-r", "-t"] if deep else []), sha, "--", *paths]
    rows = [row for row in text_of(git(words, cwd=place)).split("\0") if row]
    return [_entry(row) for row in rows]


def _entry(row: str) -> TreeEntry:
    about, _, path = row.partition("\t")
    _, kind, sha, size = about.split()
    return TreeEntry(path, sha, kind == "tree", int(size) if size.isdecimal() else 0)
