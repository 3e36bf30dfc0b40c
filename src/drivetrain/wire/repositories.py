"""Where the other repositories of a pipeline are: a folder that was named, what settings say, or their host.

What is remote is read through the mirrors of the home. A branch is fetched once in the life of a `Repositories`; a tag
or a commit that the mirror has needs no network.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import DefinitionError, NotFoundError, UnavailableError, UserError
from drivetrain.plan.model import RepositoryPlan
from drivetrain.settings import load
from drivetrain.source.access import ANONYMOUS
from drivetrain.source.addresses import address
from drivetrain.source.git import GitError, git_folder, is_local, without_credentials
from drivetrain.source.locking import note_use
from drivetrain.source.places import Places
from drivetrain.source.refs import BRANCHES, HEAD, MAIN, TAGS, candidates, find, stays
from drivetrain.source.trees import CommitTree, FolderTree
from drivetrain.wire.job_mirrors import STRANGERS
from drivetrain.wire.seldom import load as load_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.model import RepositoryResource
    from drivetrain.home import Home
    from drivetrain.settings import Settings
    from drivetrain.source.access import Access
    from drivetrain.source.git import Git
    from drivetrain.source.refs import Found
    from drivetrain.source.snapshot import Snapshot
    from drivetrain.source.trees import Tree

_Place = TypeVar("_Place")


class UnreachableError(UnavailableError):
    """A repository is somewhere, but cannot be read now."""


class LocalFolder(Struct, frozen=True):
    """What `--repository alias=PATH[@REF]` names: with a ref this commit of it, else the folder as it stands."""

    path: Path
    ref: str = ""


class Repository(Struct, frozen=True):
    """A repository that was found."""

    plan: RepositoryPlan
    tree: Tree


class Repositories:
    """The other repositories of one pipeline. Each is found when it is first asked for, and stays as it was found."""

    def __init__(
        self,
        home: Callable[[], Home],
        folders: Mapping[str, LocalFolder] | None = None,
        take: Callable[[Path], Snapshot] | None = None,
        access: Callable[[RepositoryResource, str], Access | None] | None = None,
    ) -> None:
        """`folders` wins over settings, by alias or name. `take` makes a commit of a folder as it stands, as a run
        needs it; without it such a folder is read where it is. `home` is asked for only when it is needed. `access`
        says how to sign in for a resource at a URL; without it that is as a working tree of this home may.
        """
        self._home = home
        self._folders = folders or {}
        self._take = take
        self._access = access
        self._found: dict[tuple[str, str, str, str], Repository] = {}
        self._fetched: set[str] = set()
        self._pinned: dict[str, tuple[str, str]] = {}
        self.restricted = False
        """Whether nobody's credentials may be used, not even those of the user's own git."""
        self.unreachable: UnreachableError | None = None
        """The last one that could not be reached: whoever can wait should ask for everything again later."""

    def pin(self, alias: str, ref: str, sha: str) -> None:
        """A repository is meant at this commit of this ref, whatever the file says: its push is what happened."""
        self._pinned[alias.lower()] = (ref, sha)

    def find(self, resource: RepositoryResource) -> Repository:
        """The repository that a resource means.

        Raises:
            NotFoundError: there is no such ref, or there can be no such repository.
            UnavailableError: it cannot be reached, or nobody said where it is.
            DefinitionError: what the settings say of repositories is wrong.
        """
        key = (resource.alias.lower(), resource.type.lower(), resource.name, resource.ref)
        if key not in self._found:
            self._found[key] = self._named(resource)
        return self._found[key]

    def plans(self) -> dict[str, RepositoryPlan]:
        """All that were asked for so far, by alias."""
        return {alias: found.plan for (alias, *_), found in self._found.items()}

    def _named(self, resource: RepositoryResource) -> Repository:
        """The repository; errors say which one they are about."""
        try:
            return self._find(resource)
        except (NotFoundError, DefinitionError):
            raise
        except UserError as error:
            raise NotFoundError(f"{_title(resource)}: {error.message}", hint=error.hint) from error

    def _find(self, resource: RepositoryResource) -> Repository:
        folder = _chosen(self._folders, resource)
        if folder is not None:
            return self._in_folder(resource, folder)
        pinned = self._pinned.get(resource.alias.lower())
        if pinned is None:
            return self._at(resource, self.url(resource), resource.ref)
        found = self._at(resource, self.url(resource), pinned[1])
        return replace(found, plan=replace(found.plan, ref=pinned[0]))

    def url(self, resource: RepositoryResource) -> str:
        """Where a repository is, by the settings or by its host. Raises UnavailableError when nobody said where,
        UserError for a folder of this machine that a stranger's file names.
        """
        said = _chosen(self._settings.repositories, resource)
        if said is None:
            return self._address(resource)
        if self.restricted and (is_local(said) or said.startswith("file:")):
            words = "it is a folder of this machine, which a fork's pull request may not read"
            raise UserError(words, hint="have [repositories] of config.toml name the URL of a host for it")
        return said

    def _address(self, resource: RepositoryResource) -> str:
        try:
            return address(resource.type, resource.name, self._settings.repository_hosts)
        except UnavailableError as error:
            hint = f"{error.hint}; or {_take_a_folder(resource)}"
            raise UnavailableError(f"{_title(resource)}: {error.message}", hint=hint) from error

    @cached_property
    def _settings(self) -> Settings:
        return load(self._home())

    def _git(self, resource: RepositoryResource) -> Places:
        # A mirror that somebody's credentials have filled gives nothing to strangers, not even by a commit's id.
        mirrors = self._home().mirrors / STRANGERS if self.restricted else self._home().mirrors
        return Places(mirrors, lambda url: self._signs_in(resource, url))

    def _signs_in(self, resource: RepositoryResource, url: str) -> Access | None:
        if self.restricted:
            return ANONYMOUS
        if self._access is not None:
            return self._access(resource, url)
        if not resource.endpoint or not self._home().database.exists():
            return None
        found: Access | None = load_place("wire.access:accesses_of")(self._home()).of_resource(resource, "", url)
        return found

    def _in_folder(self, resource: RepositoryResource, folder: LocalFolder) -> Repository:
        path = folder.path
        if folder.ref or _is_bare(path):
            return self._at(resource, str(path), folder.ref or resource.ref)
        if self._take is not None:
            taken = self._take(path)
            plan = _plan(resource, str(path), taken.ref, taken.commit.sha, taken.repo)
            return Repository(plan, CommitTree(taken.repo, taken.commit.sha, f"{resource.alias!r} ({path})"))
        return Repository(_plan(resource, str(path), resource.ref), FolderTree(path))

    def _at(self, resource: RepositoryResource, url: str, ref: str) -> Repository:
        """The repository at a url, at a ref. Without one it is `main`, else the default branch."""
        shown = without_credentials(url)
        candidates(ref or MAIN)  # before anything is fetched
        source = self._git(resource)
        try:
            repo = self._repo(source, url, ref)
            # The HEAD of a mirror means nothing.
            found = find(repo, ref or MAIN) if ref != HEAD or is_local(url) else None
            found = found or self._elsewhere(source, url, repo, ref)
        except GitError as error:
            message = f"{_title(resource)} cannot be reached at {shown}: {error.message}"
            self.unreachable = UnreachableError(message, hint=_take_a_folder(resource))
            raise self.unreachable from error
        if found is None:
            hint = "check `ref`: refs/heads/NAME, refs/tags/NAME, or a commit's whole id"
            raise NotFoundError(f"{_title(resource)} has no {ref or MAIN} at {shown}", hint=hint)
        tree = CommitTree(repo, found.sha, f"{resource.alias!r} ({shown}, {found.ref})")
        return Repository(_plan(resource, shown, found.ref, found.sha, repo), tree)

    def refs(self, resource: RepositoryResource) -> Mapping[str, str]:
        """Where the branches and tags of a repository are now. Raises UnavailableError, UserError."""
        return self._git(resource).refs(self.url(resource))

    def _repo(self, source: Git, url: str, ref: str) -> Path:
        """A local repository that has what the url has."""
        if is_local(url):
            return git_folder(Path(url))
        path = source.mirror_path(url)
        if stays(ref) and path.is_dir() and find(path, ref):
            note_use(path)
            return path
        if url not in self._fetched:
            source.mirror(url)
            self._fetched.add(url)
        return path

    def _elsewhere(self, source: Git, url: str, repo: Path, ref: str) -> Found | None:
        """What a mirror does not hold of itself: which branch is the default one, and what is on no branch."""
        if ref in ("", HEAD):
            return find(repo, BRANCHES + source.default_branch(url))
        name = candidates(ref)[0]
        if is_local(url) or name.startswith((BRANCHES, TAGS)):
            return None
        with suppress(GitError):  # the host was reached a moment ago: it has no such commit
            source.fetch_also(url, name)
        return find(repo, name)


def _chosen(places: Mapping[str, _Place], resource: RepositoryResource) -> _Place | None:
    """What is said of the alias, else of the name."""
    lowered = {key.lower(): value for key, value in places.items()}
    return lowered.get(resource.alias.lower()) or lowered.get(resource.name.lower())


def _plan(
    resource: RepositoryResource, url: str, ref: str, version: str = "", repo: Path | None = None
) -> RepositoryPlan:
    name = resource.name or Path(url).name
    return RepositoryPlan(name, resource.type, ref, url, version, str(repo) if repo is not None else "")


def _is_bare(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _title(resource: RepositoryResource) -> str:
    return f"the repository {resource.alias!r} ({resource.type} {resource.name})"


def _take_a_folder(resource: RepositoryResource) -> str:
    return f"take a folder of this machine for it: --repository {resource.alias}=PATH"
