"""An executor without processes: jobs go as a script or a test says. It keeps the contract of the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.run.journal import FILE_NAME, JournalWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from drivetrain.run.model import JobSecrets


class FakeRunner(Struct, eq=False):
    """A job that somebody plays."""

    job_dir: Path
    secrets: JobSecrets
    journal: JournalWriter
    alive: bool = True
    canceled: str = ""

    def write(self, kind: str, data: Mapping[str, object] | None = None) -> None:
        """One entry of its journal."""
        self.journal.write(kind, dict(data or {}))

    def complete(self, result: str = "Succeeded", reason: str = "") -> None:
        """Say that the job is completed, and end."""
        self.write("job.completed", {"result": result, "reason": reason})
        self.die()

    def die(self) -> None:
        """End, as if killed."""
        self.alive = False


class FakeExecutor(Struct):
    """The Executor port, played. `script` is called with each new runner; without it runners wait to be played."""

    script: Callable[[FakeRunner], None] | None = None
    runners: dict[Path, FakeRunner] = field(default_factory=dict)
    starts: list[Path] = field(default_factory=list)
    """Every call of `start`, also those that did nothing."""
    comes_up: bool = True
    """Whether a runner that is started begins its work."""
    obeys: bool = True
    """Whether a canceled job ends at once."""

    def start(self, job_dir: Path, secrets: JobSecrets) -> None:
        """Begin a journal, unless there is one."""
        self.starts.append(job_dir)
        if (job_dir / FILE_NAME).exists() or not self.comes_up:
            return
        job_dir.mkdir(parents=True, exist_ok=True)
        runner = FakeRunner(job_dir, secrets, JournalWriter(job_dir / FILE_NAME))
        self.runners[job_dir] = runner
        runner.write("job.started", {"pid": 0})
        if self.script is not None:
            self.script(runner)

    def alive(self, job_dir: Path) -> bool:
        """Whether its runner was started and has not ended."""
        return job_dir in self.runners and self.runners[job_dir].alive

    def cancel(self, job_dir: Path, reason: str) -> None:
        """The runner says Canceled and ends, if it obeys."""
        runner = self.runners.get(job_dir)
        if runner is None or not runner.alive:
            return
        runner.canceled = reason
        if self.obeys:
            runner.write("job.canceling", {"reason": reason})
            runner.complete("Canceled", reason)

    def reap(self, job_dir: Path) -> None:
        """Its runner is no more."""
        if job_dir in self.runners:
            self.runners[job_dir].die()

    def release(self, job_dir: Path) -> None:
        """Nothing is kept but what tests look at."""

    def endings(self) -> Collection[int]:
        """There are no processes to end."""
        return ()
