"""PipAuthenticate@1: pip and uv find feeds, and the way into them, in their environment.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/pip-authenticate-v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.python.feeds import feed, names, refuse_federation, with_credentials

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "PipAuthenticate@1": Declared(
        "Python pip authenticate",
        "Authentication task for the pip client used for installing Python distributions",
        (),
        {
            "artifactFeeds": "",
            "pythonDownloadServiceConnections": "",
            "onlyAddExtraIndex": "false",
            "azureDevOpsServiceConnection": "",
            "feedUrl": "",
        },
        {"workloadIdentityServiceConnection": "azureDevOpsServiceConnection"},
    ),
}
_INDEX = ("PIP_INDEX_URL", "UV_INDEX_URL")
_EXTRA = ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL")


def run(context: StepContext) -> Outcome:
    """Set PIP_INDEX_URL to the first feed and PIP_EXTRA_INDEX_URL to the others; uv's variables beside them."""
    refuse_federation(context, "azureDevOpsServiceConnection")
    own, others = names(context, "artifactFeeds"), names(context, "pythonDownloadServiceConnections")
    urls = []
    for called in (*own, *others):
        found = feed(context.connection_named(called))
        urls.append(with_credentials(found))
        context.job.masker.add(found.password)
    if urls and not context.inputs.flag("onlyAddExtraIndex"):
        _set(context, _INDEX, urls.pop(0))
    if urls:
        _set(context, _EXTRA, " ".join(urls))
    context.log.line(f"Successfully added auth for {len(own)} internal feeds and {len(others)} external endpoint.")
    return SUCCEEDED


def _set(context: StepContext, variables: tuple[str, ...], value: str) -> None:
    for name in variables:
        context.job.variables.set(name, value)
