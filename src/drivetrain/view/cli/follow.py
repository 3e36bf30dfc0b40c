"""Following a run on a terminal: jobs, steps and log lines as they happen.

Reads the run's event stream and the log files; knows nothing of who drives the run.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import click

from drivetrain.run.model import JobRef, Result
from drivetrain.view.cli.output import WAITING, coloured, duration, elapsed, headline, mark, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drivetrain.plan.model import Plan
    from drivetrain.run.events import RunEvent

CHUNK = 1 << 20
LONGEST_LINE = 64 << 10
"""A line without an end is printed in parts from here on."""
HEADER_RULE = "=" * 78
HEADER_RULES = 2
"""A task's header stands between two rules at the top of its log."""
MARKER_COLOURS = {"section": "green", "command": "blue", "warning": "yellow", "error": "red", "debug": "magenta"}


class LogTail:
    """Prints what is new in one growing log file, whole lines only until the end."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix
        self.offset = 0
        self.rest = b""
        self.within = False
        """Whether the beginning of the present line is printed already."""
        self.headers = 0
        self.in_header = False

    def print_new(self, *, to_end: bool = False) -> None:
        """Print the lines that have come since the last call; with `to_end` the last one too, without its newline."""
        while chunk := self._read():
            *lines, self.rest = (self.rest + chunk).split(b"\n")
            for line in lines:
                self._print(line)
            if len(self.rest) > LONGEST_LINE:
                self._print_beginning()
        if to_end and self.rest:
            self._print(self.rest)
            self.rest = b""

    def _print_beginning(self) -> None:
        """Show what there is of a line that may never end, rather than keep all of it."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(self.rest)
        self.rest = decoder.getstate()[0]
        click.echo(text if self.within else f"{self.prefix}{styled(text)}", nl=False)
        self.within = True

    def _read(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                chunk = file.read(CHUNK)
        except FileNotFoundError:
            return b""
        self.offset += len(chunk)
        return chunk

    def _print(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        if self.within:
            click.echo(text)
            self.within = False
        elif not self._is_header(text):
            click.echo(f"{self.prefix}{styled(text)}")

    def _is_header(self, text: str) -> bool:
        """Whether the line only says which task starts or ends: the follower says that in its own words."""
        if text.startswith(("##[section]Starting: ", "##[section]Finishing: ")):
            self.in_header = False
            return True
        if text == HEADER_RULE and self.headers < HEADER_RULES:
            self.headers += 1
            self.in_header = self.headers < HEADER_RULES
            return True
        return self.in_header


def styled(line: str) -> str:
    """A log line for the terminal: `##[error]` and its kin in colour instead of in brackets."""
    if not line.startswith("##["):
        return line
    kind, closed, text = line[3:].partition("]")
    if not closed:
        return line
    if kind in {"group", "endgroup"}:
        return click.style(text, bold=True) if text else ""
    return click.style(text, fg=MARKER_COLOURS.get(kind, "white"))


class Follower:
    """Prints a run's events and logs. Call `show` with new events and then again and again."""

    def __init__(
        self, log_path: Callable[[JobRef, int, int], Path], titles: Mapping[JobRef, str], run: str = "RUN"
    ) -> None:
        """`run` names the run in commands that are shown."""
        self.run = run
        self.log_path = log_path
        self.titles = dict(titles)
        self.seq = 0
        self.tails: dict[tuple[JobRef, int, int], LogTail] = {}
        self.started: dict[tuple[object, ...], str] = {}
        self.names: dict[tuple[JobRef, int, int], str] = {}

    def show(self, events: Sequence[RunEvent]) -> None:
        """Print what these events and the logs have brought."""
        for event in events:
            self.seq = event.seq
            handler = getattr(self, "_" + event.type.replace(".", "_"), None)
            if handler is not None:
                handler(event)
        for tail in self.tails.values():
            tail.print_new()

    def _prefix(self, job: JobRef) -> str:
        # One job at a time needs no name on every line; several at once do.
        return click.style(f"[{job}] ", fg="bright_black") if len(self.titles) > 1 else "  "

    def _stage_waiting(self, event: RunEvent) -> None:
        stage = printable(str(event.data["stage"]))
        reason = headline(str(event.data["reason"]))
        verb = "start" if not event.data.get("gate") else "approve" if "approv" in reason.lower() else ""
        how = f": drivetrain {verb} {self.run} {stage}" if verb else ""
        click.echo(f"{mark(WAITING)} {click.style(stage, bold=True)}  {reason}{how}")

    def _job_started(self, event: RunEvent) -> None:
        job, attempt = job_of(event)
        self.titles.setdefault(job, f"{job.job} {job.leg}".strip())  # a leg that was decided at run time
        self.started[job, attempt] = event.time
        again = f" (attempt {attempt})" if attempt > 1 else ""
        click.echo(f"{mark('running')} {click.style(self.titles.get(job, str(job)), bold=True)}{again}")

    def _job_completed(self, event: RunEvent) -> None:
        job, attempt = job_of(event)
        self._line(event, (job, attempt), self.titles.get(job, str(job)), "", bold=True)

    def _step_started(self, event: RunEvent) -> None:
        job, attempt = job_of(event)
        key = (job, attempt, int(str(event.data["step"])))
        if key in self.tails:
            return  # Tried again, in the same log, which says so.
        self.started[key] = event.time
        self.names[key] = str(event.data.get("display_name") or event.data.get("name"))
        self.tails[key] = LogTail(self.log_path(*key), self._prefix(job) + "  ")
        click.echo(f"{self._prefix(job)}{mark('running')} {printable(self.names[key])}")

    def _step_completed(self, event: RunEvent) -> None:
        job, attempt = job_of(event)
        key = (job, attempt, int(str(event.data["step"])))
        if tail := self.tails.pop(key, None):
            tail.print_new(to_end=True)
        title = self.names.get(key) or str(event.data.get("display_name") or event.data.get("name") or "")
        if title:  # A step that was skipped has never started.
            self._line(event, key, title, self._prefix(job))

    def _validation_requested(self, event: RunEvent) -> None:
        """A step asks people; its log says what."""
        title, how = printable(str(event.data.get("title") or "")), f"drivetrain approve {self.run}"
        click.echo(f"{mark(WAITING)} {click.style(title, bold=True)}  waits for a decision: {how}, or reject")

    def _issue(self, event: RunEvent) -> None:
        """What is wrong with the run as a whole, such as its file; a step's issues are in its log."""
        data = event.data
        if data.get("job"):
            return
        place = f"{data['file']}:{data.get('line', 0)}:{data.get('column', 0)}: " if data.get("file") else ""
        kind = click.style(f"{data.get('type_', 'error')}:", fg="red" if data.get("type_") == "error" else "yellow")
        click.echo(f"{kind} {printable(place)}{headline(str(data.get('message', '')))}")

    def _line(self, event: RunEvent, key: tuple[object, ...], title: str, prefix: str, *, bold: bool = False) -> None:
        result = Result(str(event.data["result"]))
        took = duration(elapsed(self.started[key], event.time)) if key in self.started else ""
        reason = f"  {headline(str(event.data['reason']))}" if event.data.get("reason") else ""
        text = click.style(printable(title), bold=bold)
        click.echo(f"{prefix}{mark(result)} {text}  {click.style(took, fg='bright_black')}{reason}")

    def _run_completed(self, event: RunEvent) -> None:
        for tail in self.tails.values():
            tail.print_new(to_end=True)
        self.tails.clear()
        reason = f": {headline(str(event.data['reason']))}" if event.data.get("reason") else ""
        click.echo(f"{coloured(str(event.data['result']))}{reason}")


def titles(plan: Plan) -> dict[JobRef, str]:
    """What every job of a plan is called on a terminal."""
    return {
        JobRef(stage.name, job.name, leg.name): job.title(leg.name)
        for stage in plan.stages
        for job in stage.jobs
        for leg in job.legs
    }


def job_of(event: RunEvent) -> tuple[JobRef, int]:
    """The job attempt that an event is about."""
    data = event.data
    return JobRef(str(data["stage"]), str(data["job"]), str(data.get("leg", ""))), int(str(data["attempt"]))
