"""Which service connection signs in to a remote: looked up at every use, so that a changed secret counts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UserError
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.source.access import Access, Login, NoAccessError, SshKey, host_of
from drivetrain.source.addresses import AZURE_REPOS
from drivetrain.source.same_host import is_for
from drivetrain.wire.seldom import load
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.model import RepositoryResource
    from drivetrain.home import Home
    from drivetrain.run.library.model import Connection
    from drivetrain.run.library.ports import Library
    from drivetrain.source.hosts.ports import Links
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects

APP = "app"
"""The scheme of a connection that is a GitHub App."""
TOKENS = ("accesstoken", "apitoken", "password")
"""What the types of connections call a token or password."""
USERS: Mapping[str, str] = {"github": "x-access-token", "githubenterprise": "x-access-token"}
USERS = {**USERS, "bitbucket": "x-token-auth", "externaltfs": "token"}
"""As whom a token signs in that has no user name of its own; hosts that are not here take any name.

https://docs.github.com/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens
https://support.atlassian.com/bitbucket-cloud/docs/using-access-tokens/
"""
NEEDS: Mapping[str, str] = {
    "github": "`Contents: read` (a classic token: the scope `repo`) for this repository",
    "githubenterprise": "`Contents: read` (a classic token: the scope `repo`) for this repository",
    "bitbucket": "`repository:read`",
    "externaltfs": "`Code (read)`",
    "ssh": "its public key at the host",
    "subversion": "the right to read this folder",
}
"""The right that reading takes, in the words of the host."""
OTHER_NEEDS = "the right to read the repository (GitLab: `read_repository`; Gitea: `read:repository`)"


class Accesses:
    """The connections of a home as remotes need them. Any thread may call it."""

    def __init__(self, library: Library, projects: Projects, links: Links) -> None:
        self._library = library
        self._projects = projects
        self._links = links
        self._app_tokens: Callable[[Connection, str], str] | None = None

    def of_url(self, url: str) -> Access | None:
        """By the connection of the first project that has this repository and names one; None when none does. Raises
        NoAccessError when that is not in the library, or for another host.
        """
        for project in self._projects.all():
            if project.url == url and (name := self._named(project)):
                return self.of_connection(name, project.name, url)
        return None

    def _named(self, project: Project) -> str:
        link = self._links.get(project.id)
        return (link.connection if link else "") or project.connection

    def of_connection(self, name: str, project: str, url: str) -> Access:
        """By a connection of a project, or of the home for an empty one. Raises NoAccessError."""
        try:
            connection = self._library.connection(project, name)
        except NotFoundError as error:
            raise NoAccessError(error.message, hint=error.hint) from error
        if not is_for(connection.url, url):
            words = f"connection '{connection.name}' is for {connection.url}, not for {host_of(url) or 'a folder'}"
            raise NoAccessError(words, hint="name another connection, or change its --url; both need https")
        if connection.scheme.lower() == APP:
            return self._of_app(connection, url)
        return access(connection)

    def _of_app(self, connection: Connection, url: str) -> Access:
        self._app_tokens = self._app_tokens or load("wire.hosts.app_tokens:TokensOfApps")()
        try:
            token = self._app_tokens(connection, url)
        except UserError as error:
            raise NoAccessError(error.message, hint=error.hint) from error
        return Access(connection.name, Login(USERS["github"], token), needs=NEEDS["github"])

    def of_resource(self, resource: RepositoryResource, project: str, url: str) -> Access | None:
        """By the `endpoint` of a repository resource, which the project's pipeline must be permitted to use; a working
        tree (no project) is the owner's own. Without one, a repository of Azure Repos is read as the project's own is,
        at the same host. None: as the user's own git does. Raises NoAccessError.
        """
        name = resource.endpoint
        if not name:
            return self._beside(project, url) if resource.type.lower() == AZURE_REPOS else None
        use = ResourceUse(ResourceKind.SERVICE_CONNECTION, name, "")
        if self._library.missing(project, [use]):
            return None
        if project and self._library.unpermitted(project, project, [use]):
            hint = f"drivetrain connection permit '{name}' '{project}'"
            raise NoAccessError(f"pipeline '{project}' has no permission to use connection '{name}'", hint=hint)
        return self.of_connection(name, project, url)

    def _beside(self, project: str, url: str) -> Access | None:
        """https://learn.microsoft.com/azure/devops/pipelines/process/access-tokens"""
        own = next((each for each in self._projects.all() if project and each.name == project), None)
        name = self._named(own) if own else ""
        if not name or not is_for(self._library.connection(project, name).url, url):
            return None
        return self.of_connection(name, project, url)


def accesses_of(home: Home) -> Accesses:
    """Those of a home, where nothing else of its storage is needed."""
    return Storage(home).accesses


def access(connection: Connection) -> Access:
    """What a connection signs in with. Raises NoAccessError for one that has nothing to do so."""
    kind = connection.type.lower()
    values = {name.lower(): value for name, value in connection.parameters.items()}
    needs = NEEDS.get(kind, OTHER_NEEDS)
    if kind == "ssh" or values.get("privatekey"):
        return Access(
            connection.name, key=SshKey(values.get("privatekey", ""), values.get("knownhosts", "")), needs=needs
        )
    token = next((values[name] for name in TOKENS if values.get(name)), "")
    user = values.get("username", "")
    if not token and not user:
        if connection.scheme.lower() == "none":
            return Access(connection.name, needs=needs)
        hint = f"drivetrain connection update '{connection.name}' --secret password"
        raise NoAccessError(f"connection '{connection.name}' has neither token nor password", hint=hint)
    return Access(connection.name, Login(user or USERS.get(kind, "oauth2"), token or "x-oauth-basic"), needs=needs)
