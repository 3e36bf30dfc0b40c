"""A watcher for tests, and whoever pushes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivetrain.source.git import Git
from drivetrain.source.hooks import install
from drivetrain.source.model import Project
from drivetrain.source.watch import Watcher
from drivetrain.store.database import Database
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.source_events import SqliteSourceEvents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.source.conftest import Repository

MAIN = "refs/heads/main"


@dataclass
class World:
    """A watcher whose time we own, on a real database and real repositories."""

    home: Path
    bare: Path
    time: float = 1_800_000_000.0
    reports: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True)
        self.database = Database(self.home / "drivetrain.db")
        self.projects = SqliteProjects(self.database)
        self.events = SqliteSourceEvents(self.database)
        self.git = Git(self.home / "mirrors")
        self.project = self.add(str(self.bare))
        self.restart()

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    def add(self, url: str, name: str = "p", poll: float = 60.0) -> Project:
        return self.projects.add(Project(0, name, url, "main", poll_seconds=poll), self.git.refs(url))

    def restart(self) -> None:
        """A new process would know no more than the database and the inbox do."""
        self.watcher = Watcher(
            self.inbox,
            self.projects,
            self.events,
            self.git,
            report=self.reports.append,
            wall=lambda: self.time,
            steady=lambda: self.time,
        )

    def hook(self) -> None:
        install(self.bare, self.inbox, self.project.id)

    def pass_time(self, seconds: float) -> None:
        self.time += seconds

    def age(self, seconds: float) -> None:
        """Make every word so old as seen from our clock."""
        for path in self.inbox.iterdir():
            moment = int((self.time - seconds) * 1e9)
            os.utime(path, ns=(moment, moment))

    def word(self, name: str, *moves: tuple[str, str, str], hook: str = "post-receive") -> Path:
        path = self.inbox / name
        rows = "".join(f"{old} {new} {ref}\n" for old, new, ref in moves)
        path.write_text(f"drivetrain 1 {self.project.id} {hook}\n{rows}")
        os.utime(path, (self.time, self.time))
        return path

    def moves(self) -> list[tuple[str, str, str]]:
        return [(event.update.old_sha, event.update.new_sha, event.update.ref) for event in self.events.pending()]


def push(work: Repository, world: World, message: str, *refs: str) -> str:
    sha = work.commit(message)
    work.git("push", "--quiet", "--force", str(world.bare), *(refs or ("main",)))
    return sha
