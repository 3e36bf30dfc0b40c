"""A delivery comes in: is it to be believed, can it be read, was it here before? Kept before it is answered."""

from __future__ import annotations

import hashlib
import logging
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.webhooks.hosts import document
from drivetrain.source.webhooks.model import Delivery
from drivetrain.source.webhooks.signatures import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.source.hosts.ports import Links
    from drivetrain.source.webhooks.payload import Payload
    from drivetrain.source.webhooks.ports import Deliveries

KEPT_HEADERS = (
    "content-type",
    "user-agent",
    "x-github-",
    "x-gitea-",
    "x-forgejo-",
    "x-gogs-",
    "x-gitlab-event",
    "x-gitlab-instance",
    "x-gitlab-webhook-uuid",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "x-event-key",
    "x-hook-uuid",
    "x-request-uuid",
    "x-attempt-number",
)
"""What the names of headers begin with that are kept. No other is: some hold the secret."""
MAX_HEADER = 500
MAX_GUID = 100
_EVENT_HEADERS: Mapping[HostKind, tuple[str, ...]] = {
    HostKind.GITHUB: ("x-github-event",),
    HostKind.GITEA: ("x-gitea-event", "x-forgejo-event", "x-github-event"),
    HostKind.GITLAB: ("x-gitlab-event",),
    HostKind.BITBUCKET: ("x-event-key",),
}
_GUID_HEADERS: Mapping[HostKind, tuple[str, ...]] = {
    HostKind.GITHUB: ("x-github-delivery",),
    HostKind.GITEA: ("x-gitea-delivery", "x-forgejo-delivery", "x-github-delivery"),
    # Not X-Gitlab-Event-UUID: webhooks that a webhook has caused share it.
    HostKind.GITLAB: ("webhook-id", "idempotency-key"),
    HostKind.BITBUCKET: ("x-request-uuid",),
}
_log = logging.getLogger("drivetrain")


class Answer(StrEnum):
    """What came of a delivery."""

    KEPT = "kept"
    KNOWN = "known"
    """It was kept before."""
    REFUSED = "refused"
    """Its signature is missing or wrong."""
    UNREADABLE = "unreadable"


class Addressed(Struct, frozen=True):
    """A link, and the secret of its webhook."""

    link: Link
    secret: str


class Receiver:
    """Takes deliveries in; any thread may call it."""

    def __init__(self, links: Links, deliveries: Deliveries, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` is called after one was kept."""
        self._links = links
        self._deliveries = deliveries
        self._wake = wake

    def find(self, host: str, key: str) -> Addressed | None:
        """Whose webhook a path names; None when it is nobody's."""
        found = self._links.by_key(key)
        return Addressed(*found) if found and found[0].host == host else None

    def take(self, to: Addressed, headers: Mapping[str, str], body: bytes) -> Answer:
        """Take a delivery in: when this returns KEPT, it is safe. The names of headers are lower case. Raises
        UnavailableError when it cannot be kept now.
        """
        host = to.link.host
        why = refusal(host, headers, body, to.secret)
        if why:
            _log.warning("a delivery for %s at %s is refused: %s", to.link.repository, host, why)
            return Answer.REFUSED
        try:
            payload = document(headers, body)
        except UserError as error:
            _log.warning("a delivery for %s at %s is refused: %s", to.link.repository, host, error.message)
            return Answer.UNREADABLE
        kept = self._deliveries.keep(_delivery(to.link, headers, body, payload))
        if kept is None:
            return Answer.KNOWN
        self._wake()
        return Answer.KEPT


def _delivery(link: Link, headers: Mapping[str, str], body: bytes, payload: Payload) -> Delivery:
    return Delivery(
        id=0,
        host=link.host,
        key=link.key,
        guid=guid_of(link.host, headers, body, payload),
        event=event_of(link.host, headers, payload),
        headers={
            name: value[:MAX_HEADER]
            for name, value in headers.items()
            if name.startswith(KEPT_HEADERS) and not name.endswith(("-signature", "-token"))
        },
        body=body,
        received_at="",
    )


def event_of(host: HostKind, headers: Mapping[str, str], payload: Payload) -> str:
    """The host's word for what happened. One that nobody can print is as good as none."""
    if host is HostKind.AZURE_REPOS:
        word = payload["eventType"].text
    else:
        word = next((headers[name] for name in _EVENT_HEADERS[host] if name in headers), "")
    return word[:MAX_GUID] if word.isprintable() else ""


def guid_of(host: HostKind, headers: Mapping[str, str], body: bytes, payload: Payload) -> str:
    """What a delivery is known by, at every attempt to deliver it; without a name of the host's, a digest of it."""
    if host is HostKind.AZURE_REPOS:
        parts = [payload["subscriptionId"].text, payload["id"].text, str(payload["notificationId"].number)]
        named = "/".join(parts) if parts[1] else ""
    else:
        named = next((headers[name] for name in _GUID_HEADERS[host] if headers.get(name)), "")
    if named and len(named) <= MAX_GUID and named.isprintable():
        return named
    event = headers.get("x-gitlab-event-uuid", "")
    return hashlib.sha256(f"{event}\n{named}\n".encode("utf-8", "replace") + body).hexdigest()
