"""TwineAuthenticate@1: a `.pypirc` for twine, in the job's temporary folder.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/twine-authenticate-v1
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.python.feeds import feed, names, refuse_federation

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.python.feeds import Feed

TASKS = {
    "TwineAuthenticate@1": Declared(
        "Python twine upload authenticate",
        "Authenticate for uploading Python distributions using twine. Add '-r FeedName/EndpointName --config-file "
        "$(PYPIRC_PATH)' to your twine upload command. For feeds present in this organization, use the feed name as "
        "the repository (-r). Otherwise, use the endpoint name defined in the service connection.",
        (),
        {
            "artifactFeed": "",
            "pythonUploadServiceConnection": "",
            "azureDevOpsServiceConnection": "",
            "feedUrl": "",
        },
        {"workloadIdentityServiceConnection": "azureDevOpsServiceConnection"},
    ),
}
_TOO_MANY = {
    "artifactFeed": "Only one internal feed can be authorized at a time using this task. All the feeds except first "
    "one will be ignored.",
    "pythonUploadServiceConnection": "Only one service connection can be authorized at a time using this task. All the "
    "connections except first one will be ignored.",
}


def run(context: StepContext) -> Outcome:
    """Write the file and set PYPIRC_PATH to it; the folder goes with the job."""
    refuse_federation(context, "azureDevOpsServiceConnection")
    own, others = _feeds(context, "artifactFeed"), _feeds(context, "pythonUploadServiceConnection")
    feeds = [*own, *others]
    called = [each.name for each in feeds]
    if len(set(called)) < len(called):
        raise UserError(
            f"This is a duplicate entry for the feed name {called[0]}. Use unique names to avoid potential publish "
            "issues.",
            hint="the data `endpointname` of a connection is what twine calls it",
        )
    path = _path(context)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, "w", encoding="utf-8", opener=_owner_only) as file:
        file.write(_pypirc(feeds))
    context.job.variables.set("PYPIRC_PATH", str(path))
    counts = f"{len(own)} internal feeds, {len(others)} external endpoints, and 0 federated feeds"
    context.log.line(f"Successfully added auth for {counts}")
    return SUCCEEDED


def _feeds(context: StepContext, name: str) -> list[Feed]:
    called = names(context, name)
    if len(called) > 1:
        context.warning(_TOO_MANY[name])
    found = [feed(context.connection_named(each)) for each in called[:1]]
    for each in found:
        context.job.masker.add(each.password)
        context.log.line(f"Adding authentication to configuration for registry {each.name}")
    return found


def _path(context: StepContext) -> Path:
    """The file that an earlier step of this kind has made, else a new one: it is always written anew."""
    before = context.job.variables.value("PYPIRC_PATH")
    return Path(before) if before else context.job.layout.temp / "twineAuthenticate" / os.urandom(4).hex() / ".pypirc"


def _pypirc(feeds: list[Feed]) -> str:
    for each in feeds:
        if any(sign in text for text in each for sign in "\r\n") or "]" in each.name:
            raise UserError(
                f"The feed '{each.name}' has a line break in its name, address or credentials.",
                hint="a .pypirc cannot hold that; change the connection",
            )
    parts = [f"[distutils]\nindex-servers={' '.join(each.name for each in feeds)}"]
    parts += [
        f"[{each.name}]\nrepository={each.url}\nusername={each.username}\npassword={each.password}" for each in feeds
    ]
    return "\n\n".join(parts)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
