"""Where a job's checkouts go, and the variables that say so.

One checkout is `s`, whichever repository it is of; of several each has the folder of its name below `s`. With a `path`
it is that folder of the workspace. https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.plan.names.model import checkout_folder

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec, RepositorySource
    from drivetrain.run.runner.context import StepContext

SELF = "self"
_CHECKOUT = "checkout@1"
_SOURCES, _LOCAL_PATH = "Build.SourcesDirectory", "Build.Repository.LocalPath"
_WORKING_DIRECTORY = "System.DefaultWorkingDirectory"


def sources_folder(context: StepContext, source: RepositorySource) -> Path:
    """The folder for a checkout. Raises UserError when it is not within the workspace."""
    work, given = context.job.layout.work, context.inputs.text("path")
    path = Path(os.path.normpath(work / given)) if given else _default(context, source)
    if path == work or not path.is_relative_to(work):
        raise UserError(
            f"checkout path '{given or path}' is outside the workspace",
            hint="use a folder below $(Pipeline.Workspace), such as `path: code`",
        )
    return path


def say_where(context: StepContext, alias: str, source: RepositorySource, folder: Path) -> None:
    """Tell later steps, as the agent does: a single checkout is all there is; of several only `self` counts, where it
    is not in its own folder, and the one that says `workspaceRepo`.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables-devops-services
    """
    names: list[str] = []
    if not _several(context.job.spec):
        names = [_SOURCES, _LOCAL_PATH, _WORKING_DIRECTORY]
    elif alias.lower() == SELF and folder != _default(context, source):
        names.append(_LOCAL_PATH)
    if context.inputs.flag("workspaceRepo"):
        names.append(_WORKING_DIRECTORY)
    for name in names:
        context.job.variables.define(name, str(folder), readonly=True)


def _default(context: StepContext, source: RepositorySource) -> Path:
    sources = context.job.layout.sources
    return Path(os.path.normpath(sources / checkout_folder(source.name))) if _several(context.job.spec) else sources


def _several(spec: JobSpec) -> bool:
    checkouts = [step for step in spec.steps if step.task.lower() == _CHECKOUT]
    return sum(step.inputs.get("repository", SELF).lower() != "none" for step in checkouts) > 1
