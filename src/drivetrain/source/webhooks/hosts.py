"""From a delivery of any host to what it says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from msgspec import DecodeError
from msgspec.json import decode

from drivetrain.errors import UserError
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks import azure_repos, bitbucket, gitea, github, gitlab
from drivetrain.source.webhooks.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from drivetrain.source.webhooks.model import Delivery, Heard

FORM = "application/x-www-form-urlencoded"
_HEAR: Mapping[HostKind, Callable[[str, Payload], Heard]] = {
    HostKind.GITHUB: github.hear,
    HostKind.AZURE_REPOS: azure_repos.hear,
    HostKind.BITBUCKET: bitbucket.hear,
    HostKind.GITLAB: gitlab.hear,
    HostKind.GITEA: gitea.hear,
}
_COMMENTS: Mapping[HostKind, Collection[str]] = {
    HostKind.GITHUB: github.COMMENTS,
    HostKind.AZURE_REPOS: azure_repos.COMMENTS,
    HostKind.BITBUCKET: bitbucket.COMMENTS,
    HostKind.GITLAB: gitlab.COMMENTS,
    HostKind.GITEA: gitea.COMMENTS,
}


def document(headers: Mapping[str, str], body: bytes) -> Payload:
    """The JSON of a delivery; the names of headers are lower case. GitHub and Gitea may send it in the field `payload`
    of a form. Raises UserError when there is none.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        try:
            body = parse_qs(body, max_num_fields=10).get(b"payload", [b""])[0]
        except ValueError:
            body = b""
    try:
        found = decode(body)
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UserError("the body is no JSON", hint="set the webhook's content type to application/json") from error
    if not isinstance(found, dict):
        raise UserError("the body is no JSON object", hint="set the webhook's content type to application/json")
    return Payload(found)


def hear(delivery: Delivery) -> Heard:
    """What a delivery says. Raises UserError when it cannot be read."""
    return _HEAR[delivery.host](delivery.event, document(delivery.headers, delivery.body))


def is_comment(delivery: Delivery) -> bool:
    """Whether it brings a comment: its host may have to be asked who has written it."""
    return delivery.event in _COMMENTS[delivery.host]
