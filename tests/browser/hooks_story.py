"""What hosts have delivered for the projects of the storybook, kept as the server keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project
from drivetrain.source.webhooks.model import Delivery
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.store.deliveries import SqliteDeliveries

MOVED = "refs/heads/main moved from 3f1c2a90 to 8be07d41"


def delivered(folder: Path, projects: Sequence[Project], hostile: str, long: str) -> SqliteDeliveries:
    """Deliveries for the first project, and ones with hostile texts for the last."""
    storage = Storage(Home(folder / "hooks"))
    for project in projects:
        storage.projects.add(Project(0, project.name, project.url, "main"), {})
    first, last = projects[0], projects[-1]
    for project, host, repository in (
        (first, HostKind.GITHUB, "lab/turbofan"),
        (last, HostKind.GITLAB, f"lab/{hostile}"),
    ):
        storage.links.put(Link(project.id, host, "https://host.example", repository, key=f"k{project.id}"), "hush")
    _tell(storage, first, "push", f"{first.name}: {MOVED}")
    _tell(storage, first, "star", "ignored: 'star' starts nothing")
    _tell(storage, first, "issue_comment", "a bug: RuntimeError: oh", failed=True)
    _tell(storage, first, "pull_request", "")
    _tell(storage, last, hostile, f"{hostile} {long}", guid=long)
    return storage.deliveries


def _tell(
    storage: Storage, project: Project, event: str, outcome: str, *, failed: bool = False, guid: str = ""
) -> None:
    host = HostKind.GITHUB if project.id == 1 else HostKind.GITLAB
    told = Delivery(0, host, f"k{project.id}", guid or f"{event}-72d3162e-cc78", event, {}, b"{}", "")
    kept = storage.deliveries.keep(told)
    assert kept is not None
    if outcome:
        storage.deliveries.finish(kept, outcome, failed=failed)
