"""Carries the rules of retention out in a home: marks what is to go, removes folders, then rows."""

from __future__ import annotations

import fcntl
import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.record.artifact_files import remove_tree
from drivetrain.record.retention.model import FOREVER, Policy, What
from drivetrain.record.retention.rules import fates
from drivetrain.source.git import Git, GitError
from drivetrain.source.upkeep import set_aside, tidy
from drivetrain.store.deliveries import SqliteDeliveries
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.retention import SqliteRetention
from drivetrain.store.vault import FileVault
from drivetrain.wire.job_mirrors import STRANGERS
from drivetrain.wire.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.record.retention.model import Fate, Lease, Past
    from drivetrain.settings import Settings
    from drivetrain.store.database import Database
    from drivetrain.store.retention import Mark
    from drivetrain.wire.storage import Storage

EVERY_SECONDS = 24 * 3600.0
_LEFT_BY_JOBS = ("work", "temp", "python")
"""Folders in that of an attempt at a job that `keep_work` may have kept."""
_log = logging.getLogger("drivetrain")


class Removed(Struct, frozen=True):
    """What came of removing."""

    done: Sequence[Mark]
    left: Sequence[Mark]
    """Files that could not be removed, because another user owns them; they are tried again."""
    uploads: int = 0
    """Uploads to workspaces that nothing came of."""
    mirrors: Sequence[str] = ()
    """Mirrors of repositories that nobody has used for long."""


class Retention:
    """The rules of one home. Also the RetentionDesk port of the views."""

    def __init__(self, home: Home, database: Database, clock: Clock, policy: Policy) -> None:
        """Nothing is opened before the first call."""
        self._home = home
        self._clock = clock
        self._policy = policy
        self._store = SqliteRetention(database, clock)
        self._projects = SqliteProjects(database, clock, FileVault(home.secret_key))
        self._deliveries = SqliteDeliveries(database, clock)
        self._uploads = Uploads(home, database, clock)

    def keep(self, run_id: int, *, reason: str, by: str, days: int = 0) -> Lease:
        """Keep a run whatever the rules say. Raises NotFoundError, ConflictError."""
        return self._store.keep(run_id, reason=reason, by=by, days=days)

    def unkeep(self, run_id: int) -> int:
        """Let the rules decide again; how many leases there were."""
        return self._store.unkeep(run_id)

    def leases(self, run_id: int) -> Sequence[Lease]:
        """Why and by whom a run is kept."""
        return self._store.leases(run_id)

    def every_lease(self) -> Sequence[Lease]:
        """All that have not run out, oldest first."""
        return self._store.every_lease()

    def end_lease(self, lease_id: int) -> None:
        """Take one lease away. Raises NotFoundError."""
        self._store.end_lease(lease_id)

    def outlook(self) -> list[Fate]:
        """What happens to every completed run, and when; the soonest first, what is never removed last."""
        runs = [replace(run, work=self._has_work(run)) for run in self._store.past()]
        far = max((fate.at for fate in fates(runs, self._policy) if fate.at), default=self._clock.now())
        return sorted(fates(runs, self._policy), key=lambda fate: (fate.at is None, fate.at or far, fate.run.id))

    def apply(self) -> Removed:
        """Remove all that is due, and what was marked before."""
        now = self._clock.now()
        due = [fate for fate in self.outlook() if fate.due(now)]
        whole = {fate.run.id for fate in due if fate.what is What.RUN}
        self._store.mark([fate for fate in due if fate.what is What.RUN or fate.run.id not in whole])
        if self._policy.days:  # what webhooks have delivered goes with the runs of its time
            self._deliveries.sweep(timestamp(now - timedelta(days=self._policy.days)))
        return replace(self.finish(), uploads=len(self._uploads.remove_unused()), mirrors=self._remove_mirrors())

    def finish(self) -> Removed:
        """Remove what is marked: folders first, so that after a crash the rows still say what is left to do."""
        done: list[Mark] = []
        left: list[Mark] = []
        for mark in self._store.marked():
            stays = [folder for folder in self._folders(mark) if not remove_tree(folder)]
            if not stays:
                self._store.removed(mark)
            (left if stays else done).append(mark)
        return Removed(done, left)

    def serve(self, stop: Event) -> None:
        """Once a day, from now on, until `stop` is set."""
        while not stop.is_set():
            removed = self.apply()
            for mark in removed.done:
                _log.info("retention: removed %s (%s)", title(mark), mark.why)
            for mark in removed.left:
                _log.warning("retention: some files of run %s belong to another user and stay", mark.run_id)
            for name in removed.mirrors:
                _log.info("retention: removed mirror %s, which nobody has used for long", name)
            self.tidy_mirrors()
            if removed.uploads:
                _log.info("retention: removed %s uploads that nothing names", removed.uploads)
            stop.wait(EVERY_SECONDS)

    def tidy_mirrors(self) -> None:
        """Keep the mirrors of repositories small; what a run was made of stays as long as the run does."""
        for mirror in self._mirrors("*.git"):
            try:
                tidy(mirror, self._store.commits())
            except GitError as error:  # such as that of a folder which is gone
                _log.warning("mirror %s cannot be tidied up: %s", mirror.name, error.message)

    def _remove_mirrors(self) -> list[str]:
        """Remove those that nobody has used for long: renamed first, so that after a crash it is known what is left."""
        gone = []
        if self._policy.mirror_days:
            before = (self._clock.now() - timedelta(days=self._policy.mirror_days)).timestamp()
            git = Git(self._home.mirrors)
            kept = {git.mirror_path(project.url) for project in self._projects.all()}
            for mirror in self._mirrors("*.git"):
                try:
                    if mirror not in kept and set_aside(mirror, self._store.commits(), before):
                        gone.append(mirror.name)
                except (GitError, OSError) as error:
                    _log.warning("mirror %s cannot be removed: %s", mirror.name, error)
        for left in self._mirrors("*.gone"):
            remove_tree(left)
        return gone

    def _mirrors(self, pattern: str) -> list[Path]:
        return sorted([*self._home.mirrors.glob(pattern), *self._home.mirrors.glob(f"{STRANGERS}/{pattern}")])

    def _folders(self, mark: Mark) -> Iterator[Path]:
        run = self._home.run(mark.run_id)
        if mark.what is What.WORK:
            yield from self._work(run)
            return
        yield self._home.artifacts(mark.run_id)
        if mark.what is What.RUN:
            yield run

    def _work(self, run: Path) -> Iterator[Path]:
        """What attempts at jobs have left that are over: the run may have been taken up again meanwhile."""
        for job in list(run.iterdir()) if run.is_dir() else ():
            if job.is_dir() and not job.is_symlink() and not _lives(job):
                yield from (job / name for name in _LEFT_BY_JOBS if (job / name).is_dir())

    def _has_work(self, run: Past) -> bool:
        return any(self._work(self._home.run(run.id)))


def _lives(job: Path) -> bool:
    """Whether a runner holds the lock of this folder."""
    try:
        fd = os.open(job / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def title(mark: Mark) -> str:
    """What was removed, for people."""
    whole, part = f"run {mark.run_id}", "work folders" if mark.what is What.WORK else mark.what
    return whole if mark.what is What.RUN else f"the {part} of {whole}"


def retention_of(storage: Storage, settings: Settings) -> Retention:
    """What is kept of completed runs of a home, and what is removed."""
    return Retention(storage.home, storage.database, storage.clock, policy_of(settings))


def policy_of(settings: Settings) -> Policy:
    """The rules that the settings give."""
    return Policy(
        days=settings.retention_days,
        pull_request_days=settings.retention_pull_request_days,
        artifact_days=settings.retention_artifact_days,
        work_days=settings.retention_work_days,
        mirror_days=settings.retention_mirror_days,
        recent=settings.retention_recent,
        branches={
            pattern: 0 if days == FOREVER else int(days) for pattern, days in settings.retention_branches.items()
        },
    )
