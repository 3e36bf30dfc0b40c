"""Takes in what is posted to the webhooks of service connections: `incomingwebhook`, which pipelines name.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.run.library.model import ItemKind
from drivetrain.source.triggers.payloads import readable
from drivetrain.source.webhooks.model import MODELS
from drivetrain.view.api.devops.takes import Taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.run.library.model import Connection
    from drivetrain.source.webhooks.ports import WebhookPosts
    from drivetrain.store.library import SqliteLibrary

TYPE = "incomingwebhook"
HEADER = "x-hub-signature"
KINDS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
"""Azure speaks of SHA-1 only; who signs by the better one says so in front of the signature."""


class Incoming:
    """Any thread may call it."""

    def __init__(self, library: SqliteLibrary, posts: WebhookPosts) -> None:
        self._library = library
        self._posts = posts

    def __call__(self, name: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Keep what was posted, once for each connection that it is good for; headers by their names in lower case."""
        named = list(self._named(name))
        if not named:
            return Taken.UNKNOWN
        good = [each for each in named if _is_signed(each, headers, body)]
        if not good:
            return Taken.REFUSED
        payload = readable(body)
        if payload is None:
            return Taken.UNREADABLE
        for each in good:
            self._posts.add(name, each.id, json.dumps(payload))
        return Taken.KEPT

    def _named(self, name: str) -> Iterator[Connection]:
        """The connections whose webhook has this name; the registry's own is closed."""
        if name.lower() == MODELS:
            return
        for item in self._library.items(ItemKind.SERVICE_CONNECTION):
            words = {each.name.lower(): each.value for each in item.values}
            if item.data.get("type", "").lower() == TYPE and (words.get("webhookname") or "").lower() == name.lower():
                try:
                    yield self._library.connection(item.project, item.id)
                except NotFoundError:
                    continue  # removed a moment ago


def _is_signed(connection: Connection, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether it is from who knows the secret; from anybody where there is none, as on Azure."""
    words = {name.lower(): value for name, value in connection.parameters.items()}
    secret = words.get("secret", "")
    if not secret:
        return True
    given = headers.get((words.get("header") or HEADER).lower(), "").strip()
    kind, _, signature = given.rpartition("=")
    found = KINDS.get(kind.lower() or "sha1")
    if found is None:
        return False
    right = hmac.new(secret.encode(), body, found).hexdigest()
    return hmac.compare_digest(right.encode(), signature.lower().encode("utf-8", "replace"))
