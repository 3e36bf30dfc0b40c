"""The Python of one command job: an environment of its own, on top of one that all jobs with the same packages share.

The shared one is made once for a version of Python and a list of packages, and kept in the cache. What a command
installs itself (`pip install x && python train.py`) goes into its own, which is made of a few small files.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.run.environments.creation import create_environment, site_packages, write_overlay
from drivetrain.run.environments.whole_files import write_whole
from drivetrain.run.runner.software import SHARED
from drivetrain.run.tasks.files.stopping import Stopped, go_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.environments.interpreters import Interpreter
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

_FILLED = ".drivetrain/filled"
WAIT_SECONDS = 0.2
CONSTRAINT = "PIP_CONSTRAINT"
"""https://pip.pypa.io/en/stable/user_guide/#constraints-files"""
_SHARED_PIP = ("__init__.py", "__pip-runner__.py", "_internal", "_vendor", "py.typed")


class Layers(NamedTuple):
    """Where the two are."""

    own: Path
    shared: Path


def layers_of(context: StepContext, interpreter: Interpreter, packages: Sequence[str]) -> Layers:
    """Where they are for this job. One that keeps to a file of constraints shares with those that keep to the same."""
    kept_to = context.environment().get(CONSTRAINT)
    asked = [*sorted(packages), *([f"-c {kept_to}"] if kept_to else [])]
    lines = "\n".join([f"{interpreter.version} {interpreter.path}", *asked])
    digest = hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    shared = context.job.home / "cache" / "azureml" / f"{interpreter.version}-{digest}"
    return Layers(context.job.layout.job / "python" / "azureml", shared)


def make_layers(context: StepContext, layers: Layers, interpreter: Interpreter, packages: Sequence[str]) -> None:
    """See that both are there. Raises Stopped when packages cannot be installed or the job is canceled,
    UnavailableError when Python cannot be had.
    """
    if not (layers.shared / _FILLED).exists():
        with _only_one(context, layers.shared):
            if not (layers.shared / _FILLED).exists():
                _fill(context, layers.shared, interpreter, packages)
    _make_own(layers, interpreter, context.job.home)


@contextmanager
def _only_one(context: StepContext, prefix: Path) -> Iterator[None]:
    """Only one job makes it; the others wait, and can be canceled meanwhile."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    told = False
    with prefix.with_name(f".{prefix.name}.filling").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    context.log.line("Another job makes the same environment; waiting for it.")
                told = True
                context.job.watch.sleep(WAIT_SECONDS)
                go_on(context)
            else:
                break
        yield


def _fill(context: StepContext, prefix: Path, interpreter: Interpreter, packages: Sequence[str]) -> None:
    context.log.line(f"Making the environment {prefix.name} with Python {interpreter.version}")
    shutil.rmtree(prefix, ignore_errors=True)
    create_environment(prefix, interpreter, context.job.home)
    if packages:
        listed = context.job.layout.temp / "requirements.txt"
        listed.write_text("".join(f"{each}\n" for each in packages), "utf-8")
        for each in packages:
            context.log.line(f"  {each}")
        outcome = _install(context, prefix, str(listed))
        if outcome.exit_code or outcome.reason:
            shutil.rmtree(prefix, ignore_errors=True)
            raise Stopped(outcome)
    write_whole(prefix / _FILLED, "")


def _install(context: StepContext, prefix: Path, requirements: str) -> Outcome:
    args = [str(prefix / "bin" / "pip"), "install", "--disable-pip-version-check", "-r", requirements]
    context.command(args)
    outside = {"PIP_REQUIRE_VIRTUALENV": "0", "VIRTUAL_ENV": str(prefix)}
    ended = context.run(args, str(context.job.layout.temp), env=outside, commands=False)
    return context.outcome(ended, message="The packages of the environment could not be installed (exit code {})")


def _make_own(layers: Layers, interpreter: Interpreter, home: Path) -> None:
    own, site = layers.own, site_packages(layers.own, interpreter)
    shared_site = site_packages(layers.shared, interpreter)
    if (own / _FILLED).exists():
        return
    (own / "bin").mkdir(parents=True, exist_ok=True)
    site.mkdir(parents=True, exist_ok=True)
    folder = interpreter.path.parent
    (own / "pyvenv.cfg").write_text(f"home = {folder}\nversion = {interpreter.version}\n", "utf-8")
    for name in ("python", "python3", site.parent.name):
        (own / "bin" / name).unlink(missing_ok=True)
        (own / "bin" / name).symlink_to(interpreter.path if name == "python" else "python")
    (site / SHARED).write_text(f"{shared_site}\n", "utf-8")
    _share_pip(site, shared_site)
    version = tuple(int(part) for part in interpreter.version.split(".")[:2])
    write_overlay(own, interpreter, home, with_pip=version >= (3, 8))
    write_whole(own / _FILLED, "")


def _share_pip(site: Path, shared: Path) -> None:
    """Pip itself, whose `__main__` has to know this environment, not the shared one."""
    (site / "pip").mkdir(exist_ok=True)
    found = [shared / "pip" / name for name in _SHARED_PIP]
    for source in [*(each for each in found if each.exists()), *shared.glob("pip-*.dist-info")]:
        target = site / source.relative_to(shared)
        target.unlink(missing_ok=True)
        target.symlink_to(source)
