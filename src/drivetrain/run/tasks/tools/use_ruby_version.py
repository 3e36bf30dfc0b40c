"""UseRubyVersion@0: a version of Ruby that this machine has.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-ruby-version-v0
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.run.runner.handlers import set_output
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.tools.installed import Installed, below, choose, kept, on_path, use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "UseRubyVersion@0": Declared(
        "Use Ruby version",
        "Use the specified version of Ruby, of those on this machine",
        (),
        {"versionSpec": ">= 2.4", "addToPath": "true"},
    ),
}
_HINT = "install it with rbenv, ruby-build or the system's packages, or ask for one of those that are there"
_VERSION = re.compile(r"(?:ruby-)?(\d+\.\d+\.\d+)")
_PROGRAMS = ("ruby", "gem", "bundle", "bundler", "rake", "irb", "erb")


def run(context: StepContext) -> Outcome:
    """Find the version, say where it is (`rubyLocation`), and put it on PATH when asked to."""
    tool = choose("Ruby", context.inputs.required("versionSpec"), _installed(context), _HINT)
    context.log.line(f"Found Ruby {tool.version}: {tool.folder}")
    set_output(context, "rubyLocation", tool.folder)
    if context.inputs.flag("addToPath"):
        use(context, tool, _PROGRAMS)
    return SUCCEEDED


def _installed(context: StepContext) -> Iterator[Installed]:
    """rbenv, asdf, rvm, chruby and ruby-build name the folder by the version; the one on PATH is asked."""
    yield from kept(context, "Ruby")
    folders = [
        *below(Path.home(), ".rbenv", "versions"),
        *below(Path.home(), ".asdf", "installs", "ruby"),
        *below(Path.home(), ".rvm", "rubies"),
        *below(Path.home(), ".rubies"),
        *below("/opt/rubies"),
    ]
    for folder in folders:
        if (folder / "bin" / "ruby").exists() and (found := _VERSION.fullmatch(folder.name)):
            yield Installed(found[1], str(folder), str(folder / "bin"))
    program = on_path(context, "ruby")
    if program and (version := _asked(program)):
        yield Installed(version, str(Path(program).parent.parent), str(Path(program).parent))


def _asked(program: str) -> str:
    """The version that a ruby says it is; empty when it does not start."""
    try:
        done = subprocess.run(
            [program, "-e", "print RUBY_VERSION"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.fullmatch(done.stdout.strip())
    return found[1] if found else ""
