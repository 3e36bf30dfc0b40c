from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import SystemClock
from drivetrain.home import Home
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project
from drivetrain.source.webhooks.receiving import Receiver
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "hush, hush"


@dataclass
class Site:
    """A home with linked projects, and where webhooks come in."""

    storage: Storage
    woken: list[None] = field(default_factory=list)

    def project(self, name: str, host: HostKind, repository: str, *, key: str = "", secret: str = SECRET) -> Project:
        wanted = Project(0, name, f"https://host.example/{repository}.git", "main")
        made = self.storage.projects.add(wanted, {})
        self.storage.links.put(Link(made.id, host, "https://api.example", repository, key=key or f"key-{name}"), secret)
        return made

    @property
    def receiver(self) -> Receiver:
        return Receiver(self.storage.links, self.storage.deliveries, lambda: self.woken.append(None))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    storage = Storage(Home(tmp_path), SystemClock())
    yield Site(storage)
    storage.source_events.close()
