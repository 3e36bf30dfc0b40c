"""PipAuthenticate@0 and @1: pip and uv find feeds, and the way into them, in their environment.

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

_TITLE = "Python pip authenticate"
_SUMMARY = "Authentication task for the pip client used for installing Python distributions"
TASKS = {
    "PipAuthenticate@0": Declared(
        _TITLE,
        _SUMMARY,
        (),
        {"artifactFeeds": "", "externalFeeds": ""},
        {"feedList": "artifactFeeds", "externalSources": "externalFeeds"},
    ),
    "PipAuthenticate@1": Declared(
        _TITLE,
        _SUMMARY,
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
    """Set PIP_INDEX_URL to the first feed and PIP_EXTRA_INDEX_URL to the others; uv's variables beside them. Version 0
    adds all of them to PIP_EXTRA_INDEX_URL.
    """
    if context.plan.task.partition("@")[2].startswith("0"):
        return _add_all(context)
    refuse_federation(context, "azureDevOpsServiceConnection")
    own, others = names(context, "artifactFeeds"), names(context, "pythonDownloadServiceConnections")
    urls = _urls(context, [*own, *others])
    if urls and not context.inputs.flag("onlyAddExtraIndex"):
        _set(context, _INDEX, urls.pop(0))
    if urls:
        _set(context, _EXTRA, " ".join(urls))
    return _said(context, len(own), len(others))


def _add_all(context: StepContext) -> Outcome:
    own, others = names(context, "artifactFeeds"), names(context, "externalFeeds")
    before = context.job.variables.value(_EXTRA[0])
    _set(context, _EXTRA, " ".join([*before.split(), *_urls(context, [*own, *others])]))
    return _said(context, len(own), len(others))


def _said(context: StepContext, own: int, others: int) -> Outcome:
    context.log.line(f"Successfully added auth for {own} internal feeds and {others} external endpoint.")
    return SUCCEEDED


def _urls(context: StepContext, called: list[str]) -> list[str]:
    urls = []
    for name in called:
        found = feed(context.connection_named(name))
        urls.append(with_credentials(found))
        context.job.masker.add(found.password)
    return urls


def _set(context: StepContext, variables: tuple[str, ...], value: str) -> None:
    for name in variables:
        context.job.variables.set(name, value)
