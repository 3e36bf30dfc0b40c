"""What a task sees of the step it carries out, and what it may do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drivetrain.errors import UserError
from drivetrain.run.library.withheld import FORK, LEAVE_OUT
from drivetrain.run.model import ArtifactLabel, Result
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.runner.phases import Phase
from drivetrain.run.runner.process import Exit, Program, run_program
from drivetrain.run.runner.results import merged
from drivetrain.run.runner.variables import environment_name
from drivetrain.run.runner.watch import Stop

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from drivetrain.plan.model import StepPlan, TargetPlan
    from drivetrain.run.containers.inside import Container
    from drivetrain.run.library.model import Connection, SecureFile
    from drivetrain.run.runner.details import Detail
    from drivetrain.run.runner.log import StepLog
    from drivetrain.run.runner.state import JobState
    from drivetrain.run.tasks.inputs import Inputs

MOST_ISSUES = 100
"""Of each type that one step may record; further ones stay in the log only."""
LONGEST_MESSAGE = 4096


_Thing = TypeVar("_Thing")


def _named(things: Mapping[str, _Thing], called: str) -> _Thing | None:
    wanted = called.strip().lower()
    return next((thing for name, thing in things.items() if name.lower() == wanted), None)


class StepContext:
    """One step while it runs."""

    inputs: Inputs
    log: StepLog

    def __init__(self, job: JobState, plan: StepPlan, index: int, phase: Phase = Phase.MAIN) -> None:
        self.job = job
        self.plan = plan
        self.index = index
        self.phase = phase
        self.limits: tuple[TargetPlan | None, ...] = (plan.target,)
        """What it may not do: by its `target`, and, once its task is known, by that."""
        self.commanded = Result.SUCCEEDED
        """The worst result that logging commands asked for."""
        self.on_host = False
        """Whether its programs run on this machine, also in a job in a container; set by tasks that need it so."""
        self.without: Collection[str] = ()
        """Environment variables of the job that this step does not get; set by tasks that lead elsewhere."""
        self.details: dict[UUID, Detail] = {}
        """The records that `task.logdetail` made."""
        self._issues = {"error": 0, "warning": 0}

    @property
    def task_variables(self) -> dict[str, str]:
        """What the parts of one step tell each other, and nobody else: those before the job, in it and after it.

        `##vso[task.settaskvariable]` of https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
        """
        return self.job.task_variables.setdefault(self.plan.name, {})

    @property
    def default_folder(self) -> str:
        """`$(System.DefaultWorkingDirectory)`."""
        return self.job.variables.value("System.DefaultWorkingDirectory")

    @property
    def container(self) -> Container | None:
        """What the step's programs run in; None for this machine."""
        containers = self.job.containers
        return None if containers is None or self.on_host else containers.of(self.plan)

    def folder(self, name: str) -> str:
        """The folder that an input names. Raises UserError when it is not there."""
        path = self.inputs.path(name)
        if not Path(path).is_dir():
            raise UserError(f"Not found {name}: {path}", hint=f"check `{name}`; an earlier step may have to make it")
        return path

    def command(self, args: Sequence[str]) -> None:
        """Show a command line in the log."""
        self.log.line("[command]" + " ".join(args))

    def run(
        self,
        args: Sequence[str],
        cwd: str,
        *,
        env: Mapping[str, str] | None = None,
        own_stderr: bool = False,
        commands: bool = True,
    ) -> Exit:
        """Run a program in the step's environment, its output into the log. `commands`: carry those in it out."""
        program = Program(args, cwd, {**self.environment(), **(env or {})}, own_stderr, commands)
        container = self.container
        if container is not None:
            program = container.inside(program, self.job.prepended, self.job.layout.temp)
        ended = run_program(program, self.log, self.job.watch, self.job.services.grace)
        self.log.end_output()
        return ended

    def environment(self) -> dict[str, str]:
        """What the step's programs find in their environment."""
        kept = {f"VSTS_TASKVARIABLE_{environment_name(name)}": value for name, value in self.task_variables.items()}
        own = {name: self.job.variables.expand(value) for name, value in self.plan.env.items()} | kept
        if self.container is not None:
            return self.job.environment_inside(own, self.index, self.without)
        return self.job.environment(own, self.index, self.without)

    def which(self, name: str) -> str:
        """Where a program is on the step's PATH, in its container if it has one; empty when it is not there."""
        container = self.container
        if container is not None:
            return container.which(name, self.job.prepended)
        return shutil.which(name, path=self.environment()["PATH"]) or ""

    def script(self, text: str, suffix: str) -> str:
        """A new file in the temporary folder that holds `text`; its path."""
        path = self.job.layout.temp / f"{os.urandom(16).hex()}{suffix}"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return str(path)

    def error(self, message: str) -> None:
        """Show an error and record it as an issue."""
        self.issue("error", message)

    def warning(self, message: str) -> None:
        """Show a warning and record it as an issue."""
        self.issue("warning", message)

    def issue(self, kind: str, message: str, shown: str = "", **place: object) -> None:
        """An error or warning, in the log and, up to a number, in the journal."""
        self.log.line(f"##[{kind}]{shown or message}")
        self._issues[kind] += 1
        if self._issues[kind] <= MOST_ISSUES:
            text = self.job.masker.text(message)  # Before it is cut, or half a secret would not be known as one.
            text = text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "..."
            self.job.record("issue", type_=kind, message=text, step=self.index, **place)

    def debug(self, message: str) -> None:
        """Shown only when `System.Debug` is true."""
        if self.job.variables.flag("System.Debug"):
            self.log.line(f"##[debug]{message}")

    def fail(self, message: str) -> None:
        """A logging command went wrong: the step fails, whatever else it comes to."""
        self.error(message)
        self.commanded = merged(self.commanded, Result.FAILED)

    def stopped(self, stop: Stop, code: int | None = None) -> Outcome:
        """What a step comes to that was made to end."""
        if stop is Stop.DONE:
            return Outcome()
        if stop is Stop.TIMED_OUT:
            self.error("The task has timed out.")
            return Outcome(Result.FAILED, code, "The task has timed out.")
        self.error("The operation was canceled.")
        return Outcome(Result.CANCELED, code, self.job.watch.reason)

    def outcome(self, ended: Exit, *, message: str, stderr_message: str = "") -> Outcome:
        """What a program's end means: `message` (with the code in `{}`) on a code other than 0."""
        if ended.stop is not None:
            return self.stopped(ended.stop, ended.code)
        reasons = [message.format(ended.code)] if ended.code else []
        if ended.stderr:
            reasons.append(stderr_message)
        for reason in reasons:
            self.error(reason)
        if ended.stderr:
            self.error(b"".join(ended.stderr).decode("utf-8", "replace").rstrip("\n"))
        return Outcome(Result.FAILED, ended.code, reasons[0]) if reasons else Outcome(exit_code=ended.code)

    def connection(self, name: str) -> Connection:
        """The service connection that an input names. Raises UserError when the job was not given it."""
        return self.connection_named(self.inputs.required(name))

    def connection_named(self, called: str) -> Connection:
        """A service connection by the name, or id, that the step calls it by. Raises UserError."""
        found = self.job.connections.get(called.strip().lower())
        if found is None:
            raise self._not_handed("service connection", called, "drivetrain connection list")
        return found

    def secure_file(self, name: str) -> SecureFile:
        """The secure file that an input names. Raises UserError when the job was not given it."""
        called = self.inputs.required(name)
        found = self.job.secure_files.get(called.lower())
        if found is None:
            raise self._not_handed("secure file", called, "drivetrain secure-file list")
        return found

    def _not_handed(self, word: str, called: str, command: str) -> UserError:
        where = f"{self.plan.position}: " if self.plan.position else ""
        if self.job.variables.value(FORK).lower() == "true":
            what = f"There is no {word} '{called}' for this job: a pull request from a fork is given none."
            return UserError(f"{where}{what}", hint=LEAVE_OUT)
        return UserError(
            f"{where}There is no {word} '{called}' for this job.",
            hint=f"`{command}` shows those that there are; a name must be known when the job starts",
        )

    def must_end(self) -> Outcome | None:
        """What the step comes to if it has to end now, else None: for tasks that work without a program to ask from
        time to time.
        """
        stop = self.job.watch.stop()
        return None if stop is None else self.outcome(Exit(0, stop), message="")

    def publish(self, name: str, path: str, *, kind: str, properties: Mapping[str, str] | None = None) -> None:
        """Publish a file or folder as an artifact of the run. Raises UserError when that is refused."""
        label = self._label(name, kind, properties=properties or {})
        files, size = self.job.services.artifacts.publish(name, Path(path), label)
        self.log.line(f"Published artifact '{name}': {files} files, {size} bytes")
        more = {"properties": dict(label.properties)} if label.properties else {}
        self.job.record("artifact.published", name=name, kind=kind, files=files, size=size, **more)

    def associate(self, name: str, location: str, *, kind: str) -> None:
        """Note an artifact that lies elsewhere. Raises UserError when that is refused."""
        self.job.services.artifacts.associate(name, self._label(name, kind, location=location))
        self.log.line(f"Associated artifact '{name}': {location}")
        self.job.record("artifact.published", name=name, kind=kind, files=0, size=0, location=location)

    def _label(
        self, name: str, kind: str, *, location: str = "", properties: Mapping[str, str] | None = None
    ) -> ArtifactLabel:
        if self.job.masker.tells(name):
            raise UserError("there is a secret in the name of this artifact", hint="names are not secret: use another")
        spec, mask = self.job.spec, self.job.masker.text
        said = {mask(key): mask(value) for key, value in (properties or {}).items()}
        return ArtifactLabel(kind, str(spec.ref), spec.attempt, mask(location), said)
