"""Joins a project to its repository's host: credentials, repository, project, webhook, and a look whether all works."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.definition.read import decoded
from drivetrain.errors import ConflictError, DrivetrainError, NotFoundError, UserError
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.settings import load
from drivetrain.source.addresses import plain_address
from drivetrain.source.git import read_file, without_credentials
from drivetrain.source.hosts.model import Link
from drivetrain.source.hosts.places import PLACES, api_of, connection_type, site_of, token_scheme
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.projects import ProjectBook
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.home import Home
    from drivetrain.source.hosts.model import ForkPolicy, HostKind, RemoteRepository
    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project

POLL_SECONDS = 60.0
WAIT_SECONDS = 20.0
"""How long a host is given to deliver its test."""
_STEP = 0.1


class Wanted(Struct, frozen=True):
    """What a person said of the host."""

    kind: HostKind
    url: str = ""
    """Of its pages, where it is not the usual one."""
    connection: str = ""
    """The service connection, by name."""


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    good: bool | None
    """None: it could not be told, or does not apply."""
    said: str = ""
    hint: str = ""


class Connector:
    """The verbs behind `drivetrain connect`. They need no server, and a running one notices."""

    def __init__(self, home: Home, by: str) -> None:
        self._home = home
        self._storage = Storage(home)
        self._book = ProjectBook(home)
        self._library = LibraryBook(self._storage.library, by)
        self._public = load(home).public_url.rstrip("/")

    @property
    def public(self) -> str:
        """Where hosts reach this server; empty when nobody said."""
        return self._public

    def has_connection(self, name: str) -> bool:
        """Whether the home has a service connection of that name."""
        try:
            self._library.item(ItemKind.SERVICE_CONNECTION, name)
        except NotFoundError:
            return False
        return True

    def keep_token(self, wanted: Wanted, user: str, token: str) -> None:
        """Make the service connection, for a token and maybe the user whose it is. Raises ConflictError when there is
        one of that name, UserError.
        """
        site = site_of(wanted.kind, wanted.url)
        kind = connection_type(wanted.kind, site)
        if user:
            self._keep(wanted, {"type": kind, "scheme": "UsernamePassword"}, {"username": user}, {"password": token})
        else:
            scheme, name = token_scheme(kind)
            self._keep(wanted, {"type": kind, "scheme": scheme}, {}, {name: token})

    def keep_app(self, wanted: Wanted, app: str, private_key: str) -> None:
        """The same for a GitHub App. Raises ConflictError, UserError."""
        kind = connection_type(wanted.kind, site_of(wanted.kind, wanted.url))
        self._keep(wanted, {"type": kind, "scheme": "App"}, {"appId": app}, {"privateKey": private_key})

    def _keep(
        self, wanted: Wanted, data: Mapping[str, str], plain: Mapping[str, str], secret: Mapping[str, str]
    ) -> None:
        data = {**data, "url": site_of(wanted.kind, wanted.url)}
        self._library.add(ItemKind.SERVICE_CONNECTION, wanted.connection, Edit(data=data, plain=plain, secret=secret))

    def forget_credentials(self, wanted: Wanted) -> None:
        """Take away a service connection that was made a moment ago and does not sign in."""
        self._library.remove(ItemKind.SERVICE_CONNECTION, wanted.connection)

    def host(self, wanted: Wanted, repository: str) -> Host:
        """Who speaks to the host; a repository need not be chosen yet. Raises NotFoundError, UserError."""
        link = Link(0, wanted.kind, api_of(wanted.kind, wanted.url), repository, wanted.connection)
        found = self._storage.hosts.client(link)
        if found is None:
            raise UserError(f"{PLACES[wanted.kind].title} needs credentials", hint="name a connection: --connection")
        return found

    def project(self, remote: RemoteRepository, wanted: Wanted, *, name: str, branch: str, file: str) -> Project:
        """The project of the repository: one that is there (by `name`, or by its URL), else a new one. Raises
        UserError, ConflictError, UnavailableError when git cannot read it.
        """
        wants = plain_address(remote.url)
        known = [
            each for each in self._book.all() if each.name == name or (not name and plain_address(each.url) == wants)
        ]
        if known and plain_address(known[0].url) != wants:
            at = without_credentials(known[0].url)
            raise ConflictError(f"project {known[0].name} is of {at}, not of {remote.url}", hint="choose --project")
        if known:
            return known[0]
        return self._book.add(
            remote.url,
            name=name,
            branch=branch or remote.branch,
            file=file,
            poll_seconds=POLL_SECONDS,
            hook=False,
            run_now=False,
            connection=wanted.connection,
        ).project

    def link(self, project: Project, wanted: Wanted, repository: str, forks: ForkPolicy, *, answers: bool) -> Link:
        """Keep the link, with a key and a secret for its webhook: those of before, if it has them."""
        before = self._storage.links.get(project.id)
        kept = Link(
            project.id,
            wanted.kind,
            api_of(wanted.kind, wanted.url),
            repository,
            wanted.connection,
            before.key if before else secrets.token_urlsafe(24),
            before.webhook if before and before.repository == repository else "",
            forks,
            answers,
        )
        self._storage.links.put(kept, "" if before else secrets.token_urlsafe(32))
        return kept

    def url(self, link: Link) -> str:
        """Where the host is to deliver; without its beginning when nobody said where this server is reached."""
        return f"{self._public}/hooks/{link.host}/{link.key}"

    def secret(self, link: Link) -> str:
        """The secret of the webhook, for a person who makes it by hand."""
        found = self._storage.links.by_key(link.key)
        return found[1] if found else ""

    def make_webhook(self, link: Link, host: Host) -> Link:
        """Have the host make the webhook. Raises UserError when the credentials may not."""
        webhook = host.create_webhook(self.url(link), self.secret(link))
        made = replace(link, webhook=webhook)
        self._storage.links.put(made, "")
        return made

    def remove(self, name: str) -> Link:
        """Forget the link of a project, and have the host forget its webhook. Raises NotFoundError when there is none.

        What the host answers does not matter: a webhook that is left is told 404.
        """
        link = self.linked(name)
        if link.webhook:
            try:
                host = self._storage.hosts.client(link)
                if host is not None:
                    host.remove_webhook(link.webhook)
            except DrivetrainError:
                pass
        self._storage.links.remove(link.project_id)
        return link

    def linked(self, name: str) -> Link:
        """The link of a project. Raises NotFoundError."""
        project = self._storage.projects.named(name)
        link = self._storage.links.get(project.id)
        if link is None:
            raise NotFoundError(f"project {name} is not connected to a host", hint="drivetrain connect github, ...")
        return link

    def links(self) -> list[tuple[Project, Link]]:
        """All of them, with their projects."""
        found = ((self._storage.projects.get(link.project_id), link) for link in self._storage.links.all())
        return [(project, link) for project, link in found if project is not None]

    def look(self, name: str, waiting: Callable[[str], None] = lambda _: None) -> Iterator[Finding]:
        """Look whether all of a link works, one thing after the other. `waiting` is told what is waited for."""
        link, project = self.linked(name), self._storage.projects.named(name)
        try:
            host = self._storage.hosts.client(link)
            remote = host.repository() if host else None
        except DrivetrainError as error:
            yield Finding("credentials", good=False, said=error.message, hint=error.hint)
            return
        said = f"{link.connection} sees {link.repository}" if remote else "none: nothing is told the host"
        yield Finding("credentials", good=True if remote else None, said=said)
        yield self._git(project)
        yield self._file(project)
        yield from self._webhook(link, host, waiting)

    def _git(self, project: Project) -> Finding:
        try:
            count = len(self._storage.git.refs(project.url))
        except DrivetrainError as error:
            return Finding("git", good=False, said=error.message, hint=error.hint)
        return Finding("git", good=True, said=f"{count} branches and tags")

    def _file(self, project: Project) -> Finding:
        try:
            repo = self._storage.git.mirror(project.url)
            sha = self._storage.git.refs(project.url).get(f"refs/heads/{project.branch}", "")
            decoded(read_file(repo, sha, project.file), project.file)
        except DrivetrainError as error:
            hint = "drivetrain init writes a first one; then commit and push it"
            return Finding("pipeline", good=False, said=error.message, hint=hint)
        return Finding("pipeline", good=True, said=f"{project.file} on {project.branch}")

    def _webhook(self, link: Link, host: Host | None, waiting: Callable[[str], None]) -> Iterator[Finding]:
        if not link.webhook or host is None:
            hint = (
                "" if self._public else "set public_url in config.toml to the address that hosts reach, then once more"
            )
            yield Finding("webhook", good=None, said=f"none: looked at every {POLL_SECONDS:g} s", hint=hint)
            return
        if find(self._home) is None:
            yield Finding("webhook", good=None, said="made; the server is down", hint="drivetrain up")
            return
        before = {each.id for each in self._storage.deliveries.recent(link.project_id)}
        try:
            host.test_webhook(link.webhook)
        except DrivetrainError as error:
            yield Finding("webhook", good=False, said=error.message, hint=error.hint)
            return
        waiting(f"waiting for {PLACES[link.host].title} to deliver a test")
        yield self._delivered(link, before)

    def _delivered(self, link: Link, before: set[int]) -> Finding:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            new = [each for each in self._storage.deliveries.recent(link.project_id) if each.id not in before]
            if new:
                return Finding("webhook", good=True, said=f"delivered {new[0].event}")
            time.sleep(_STEP)
        hint = "push something, then drivetrain hooks list; if nothing comes, the host cannot reach public_url"
        return Finding("webhook", good=None, said=f"made; nothing was delivered within {WAIT_SECONDS:g} s", hint=hint)
