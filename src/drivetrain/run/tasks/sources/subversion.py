"""Checkout of a folder of Subversion: its files as of a revision, out of the mirror that holds them.

They are what `svn export` would give. On Azure the folder is a working copy; here `.svn` is not there, because it would
be as large as the files, and need the server and its password.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.scripts.programs import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.model import RepositorySource
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

IGNORED = ("fetchFilter", "lfs", "submodules", "sparseCheckoutDirectories", "sparseCheckoutPatterns")


def export(context: StepContext, source: RepositorySource, folder: Path) -> Outcome:
    """Write the files of the run's revision into a folder."""
    _say_ignored(context)
    if context.inputs.flag("clean"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    context.log.line(f"Exporting revision {source.version} of {source.uri}")
    index = context.job.layout.temp / f"{source.commit.sha}.index"
    git = find_program(context, "git", hint="install git")
    place = [f"--git-dir={source.fetch_from}", f"--work-tree={folder}"]
    safe = ["-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.bare=false"]
    env = {"GIT_INDEX_FILE": str(index), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0"}
    for args in (["read-tree", source.commit.sha], ["checkout-index", "--all", "--force"]):
        ended = context.run([git, *safe, *place, *args], str(folder), env=env, commands=False)
        if ended.code or ended.stop:
            hint = f"Revision {source.version} is not in {source.fetch_from}. Run the pipeline again."
            return context.outcome(ended, message=f"git {args[0]} failed with exit code {{}}. {hint}")
    index.unlink(missing_ok=True)
    return SUCCEEDED


def _say_ignored(context: StepContext) -> None:
    given = [name for name in IGNORED if context.inputs.text(name).lower() not in ("", "false")]
    if given:
        context.log.line(f"Subversion has nothing like {', '.join(given)}: every file is written.")
