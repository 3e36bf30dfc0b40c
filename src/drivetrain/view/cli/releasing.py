"""Follows a release until it has ended; drives it, too, while no server does."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.serve.model import Tally
from drivetrain.serve.release.judge import percentile
from drivetrain.serve.release.model import ReleaseState
from drivetrain.serve.release.next import percent_now
from drivetrain.serve.tallies import since
from drivetrain.view.cli.output import elapsed, printable
from drivetrain.view.cli.serving_lines import split_words
from drivetrain.wire.server_process import is_held
from drivetrain.wire.serving.progress import Progress
from drivetrain.wire.serving.serving import fronts_of, parts_of
from drivetrain.wire.serving.working import Keeping, Releasing

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.serve.model import Status
    from drivetrain.serve.release.model import Release
    from drivetrain.wire.storage import Storage

LOOK_SECONDS = 0.2
INTERRUPTED = 130
ENDED_WELL = {ReleaseState.FINISHED}


class Following:
    """Says each thing that happens once."""

    def __init__(self, storage: Storage, say: Callable[[str], None], live: Callable[[str], None]) -> None:
        """`say` prints a line; `live` shows one that the next takes the place of."""
        self._storage = storage
        self._say = say
        self._live = live
        self._fronts = fronts_of(storage)
        self._progress = Progress(storage.home.serving)
        self._lines = 0
        self._at: tuple[ReleaseState, int] | None = None
        self._doing: tuple[Releasing, Keeping] | None = None

    def until_ended(self, release_id: int) -> Release:
        """The release as it has ended."""
        while True:
            release = self._storage.releases.get(release_id)
            self._tell(release)
            if not release.under_way:
                return release
            self._live(how_it_goes(release, self._fronts.status(release.endpoint)))
            self._drive_when_nobody_does()
            time.sleep(LOOK_SECONDS)

    def _drive_when_nobody_does(self) -> None:
        """Without a server we do what it would do; with one, its threads do. Both at once would do no harm."""
        if is_held(self._storage.home):
            return
        if self._doing is None:
            parts = parts_of(self._storage)
            self._doing = (Releasing(parts), Keeping(parts))
        releasing, keeping = self._doing
        try:
            releasing.step()
            keeping.step()
        except DrivetrainError as error:
            self._say(f"{error.message}; it is tried again")

    def _tell(self, release: Release) -> None:
        if release.state is ReleaseState.PREPARING:
            said = self._progress.said(release.endpoint, release.deployment)
            if len(said) < self._lines:
                self._lines = 0
            for line in said[self._lines :]:
                self._say(f"  {printable(line)}")
            self._lines = len(said)
        at = (release.state, release.step)
        if at != self._at:
            self._at = at
            self._say(what_now(release))


def how_it_goes(release: Release, status: Status | None) -> str:
    """What the deployment has answered in this step, and for how long that is watched still."""
    plan = release.plan
    shifting = release.state is ReleaseState.SHIFTING
    step = plan.steps[release.step] if shifting else plan.mirror if release.state is ReleaseState.MIRRORING else None
    if step is None or status is None or release.deployment not in status.tallies:
        return f"{release.state}, for {elapsed(release.since, '') or 0.0:.0f} s"
    tally = since(status.tallies[release.deployment], release.baseline.get(release.deployment, Tally()))
    told = f"{tally.requests} answers, {tally.errors} errors"
    slowest = percentile(tally)
    told += f", 95% within {slowest[1] * 1000:g} ms" if slowest is not None else ""
    told += f", {tally.disagreed} of {tally.mirrored} copies differ" if tally.mirrored else ""
    left = max(0.0, step.seconds - (elapsed(release.since, "") or 0.0))
    return f"{told}; {left:.0f} s more"


def what_now(release: Release) -> str:
    """What a release does at present, or how it has ended."""
    name, endpoint = printable(release.deployment), printable(release.endpoint)
    if release.state is ReleaseState.SHIFTING:
        step = release.plan.steps[release.step]
        watched = f", watched for {step.seconds:g} s" if step.seconds and release.before else ""
        return f"{name} has {percent_now(release)}% of the traffic{watched}"
    if release.state is ReleaseState.MIRRORING and release.plan.mirror is not None:
        mirror = release.plan.mirror
        return f"{name} gets copies of {mirror.percent}% of the requests for {mirror.seconds:g} s"
    words = {
        ReleaseState.PREPARING: f"preparing {name}",
        ReleaseState.WARMING: f"starting the replicas of {name}",
        ReleaseState.SMOKE: f"trying {name} with the model's own example",
        ReleaseState.FINISHED: click.style(f"✓ {name} has all traffic of {endpoint}", fg="green"),
        ReleaseState.ROLLED_BACK: click.style(
            f"✗ rolled back to {split_words(release.before)}: {printable_lines(release.reason)}", fg="red"
        ),
        ReleaseState.FAILED: click.style(
            f"✗ failed, and nothing has changed for callers: {printable_lines(release.reason)}", fg="red"
        ),
    }
    return words[release.state]


def printable_lines(text: str) -> str:
    """Somebody else's text, its lines kept."""
    return "\n".join(printable(line) for line in text.splitlines())


def follow(storage: Storage, release: Release, *, quiet: bool = False) -> int:
    """Follow it to its end on standard error, or in silence; the exit code."""
    terminal = sys.stderr.isatty() and not quiet

    def say(line: str) -> None:
        if not quiet:
            clear = "\r\x1b[K" if terminal else ""
            click.echo(clear + line.replace("##vso[", "## vso["), err=True)  # a step may print it

    def live(line: str) -> None:
        if terminal:
            click.echo(f"\r\x1b[K  {line}", err=True, nl=False)

    try:
        ended = Following(storage, say, live).until_ended(release.id)
    except KeyboardInterrupt:
        goes_on = "the server goes on with it" if is_held(storage.home) else "it waits for somebody to go on with it"
        say(f"{goes_on}: drivetrain releases watch {release.id}, or cancel {release.id}")
        return INTERRUPTED
    for line in after(storage, ended):
        say(line)
    return 0 if ended.state in ENDED_WELL else 1


def after(storage: Storage, release: Release) -> list[str]:
    """What to do next."""
    name = release.endpoint
    if release.state in ENDED_WELL:
        lines = [f"try it:   drivetrain endpoint invoke {name}"]
        old = [each for each in release.before if each != release.deployment]
        if old:
            lines.append(f"undo it:  drivetrain rollback {name}    ({', '.join(old)} stays up)")
        return lines
    try:
        deployment = storage.endpoints.deployment(name, release.deployment)
    except NotFoundError:
        return []
    logs = f"its log:  drivetrain endpoint logs {name} {release.deployment}"
    return [logs] if deployment.launch is not None else []
