"""How Python feeds that are service connections are signed in to.

A feed of an Azure DevOps organization is, here, a service connection that is called as the feed is: the file needs no
change. https://github.com/microsoft/azure-pipelines-tasks/tree/master/Tasks/PipAuthenticateV1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.context import StepContext

TOKEN_USER = "build"  # noqa: S105 - nobody's password
"""Who a token says it is: feeds ignore it."""


class Feed(NamedTuple):
    """A feed, and who may use it."""

    name: str
    url: str
    username: str
    password: str


def names(context: StepContext, name: str) -> list[str]:
    """What an input names, with commas between them."""
    return [each.strip() for each in context.inputs.text(name).split(",") if each.strip()]


def feed(connection: Connection) -> Feed:
    """The feed of a connection. Raises UserError when it cannot sign in."""
    called = connection.data.get("endpointname") or connection.name
    scheme = connection.scheme.lower()
    if scheme == "token":
        return Feed(called, connection.url, TOKEN_USER, _parameter(connection, "apitoken"))
    if scheme == "usernamepassword":
        user, password = _parameter(connection, "username"), _parameter(connection, "password")
        return Feed(called, connection.url, user, password)
    raise UserError(
        f"The service connection '{connection.name}' signs in with {connection.scheme}, which no Python feed knows.",
        hint="use one of type externalpythondownloadfeed or externalpythonuploadfeed",
    )


def _parameter(connection: Connection, name: str) -> str:
    for key, value in connection.parameters.items():
        if key.lower() == name:
            return value
    raise UserError(
        f"The service connection '{connection.name}' has no parameter {name}.",
        hint=f"drivetrain connection update '{connection.name}' --secret {name}",
    )


def with_credentials(feed: Feed) -> str:
    """The feed's URL with its credentials in it. Raises UserError when it is no URL that can have some."""
    parts = urlsplit(feed.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(
            f"Failed to parse the feed url and add auth information. {feed.url}", hint="a feed has an https:// address"
        )
    user, password = (quote(text, safe="!'()*~") for text in (feed.username, feed.password))
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))


def refuse_federation(context: StepContext, name: str) -> None:
    """Raise UserError when the step wants to sign in by a token that only Azure's own server can issue."""
    if context.inputs.text(name) or context.inputs.text("feedUrl"):
        raise UserError(
            f"{name} and feedUrl sign in by workload identity federation, which needs Azure DevOps' own server.",
            hint="use a service connection with a token or a password instead",
        )
