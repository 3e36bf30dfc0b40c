"""A project with a webhook, and a host that delivers to it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage
from tests.server.conftest import PIPELINE

if TYPE_CHECKING:
    from tests.server.conftest import World

KEY, SECRET, REPOSITORY = "k" * 43, "hush, hush", "lab/churn"
ZERO = "0" * 40


@dataclass
class Hooked:
    """GitHub, as far as it delivers: to a server of ours, about a bare repository of ours."""

    world: World

    def start(self, pipeline: str = PIPELINE) -> str:
        """A repository with a first commit, whose project has a webhook and nothing else; the commit's id."""
        self.world.repository(pipeline)
        sha = self.world.commit("base")
        self.world.push()
        return sha

    def link(self) -> None:
        self.world.cli("project", "add", str(self.world.bare), "--name", "churn", "--no-hook", "--poll", "0")
        storage = Storage(self.world.home)
        project = storage.projects.named("churn")
        link = Link(project.id, HostKind.GITHUB, "https://api.github.com", REPOSITORY, key=KEY)
        storage.links.put(link, SECRET)
        storage.source_events.close()

    def push(
        self, guid: str, ref: str, old: str, new: str, connection: http.client.HTTPConnection | None = None
    ) -> int:
        """Deliver word of a push; the status that comes back. Raises OSError, HTTPException when none does."""
        told = {"ref": ref, "before": old or ZERO, "after": new or ZERO, "repository": {"full_name": REPOSITORY}}
        return self.deliver(guid, "push", told, connection)

    def deliver(
        self, guid: str, event: str, told: dict[str, Any], connection: http.client.HTTPConnection | None = None
    ) -> int:
        body = json.dumps(told).encode()
        headers = {
            "Host": "ci.example.org",  # whatever name a proxy forwards
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": guid,
            "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
        }
        own = connection or self.connection()
        try:
            own.request("POST", f"/hooks/github/{KEY}", body, headers)
            answer = own.getresponse()
            answer.read()
            return answer.status
        finally:
            if connection is None:
                own.close()

    def connection(self) -> http.client.HTTPConnection:
        info = find(self.world.home)
        if info is None:
            raise ConnectionRefusedError
        return http.client.HTTPConnection(info.host, info.port, timeout=30)
