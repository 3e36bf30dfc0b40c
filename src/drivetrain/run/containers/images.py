"""What Docker@2 makes of its inputs: names of images, labels, the base image of a Dockerfile. Pure.

After docker-common of https://github.com/microsoft/azure-pipelines-tasks-common-packages
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivetrain.run.containers.registries import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_TAGS = re.compile(r"[\n,]+")
_FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE | re.MULTILINE)
_ALWAYS = (("system.teamfoundationcollectionuri", "System.TeamFoundationCollectionUri"),)
_COMMIT = (("build.sourceversion", "Build.SourceVersion"),)
_PROJECT = (
    ("system.teamproject", "System.TeamProject"),
    ("build.repository.name", "Build.Repository.Name"),
)
_BUILD = (
    ("build.repository.uri", "Build.Repository.Uri"),
    ("build.sourcebranchname", "Build.SourceBranchName"),
    ("build.definitionname", "Build.DefinitionName"),
    ("build.buildnumber", "Build.BuildNumber"),
    ("build.builduri", "Build.BuildUri"),
)


def tags(text: str) -> list[str]:
    """The tags of a list with one in each line, or with commas."""
    return [tag.strip() for tag in _TAGS.split(text) if tag.strip()]


def image_names(repository: str, servers: Sequence[str]) -> list[str]:
    """The repository in each registry, in lower case and without blanks; without any, for this machine only."""
    if not repository:
        return []
    hosts = [Registry(server).host for server in servers] or [""]
    return [f"{host}/{repository}".strip("/").lower().replace(" ", "") for host in dict.fromkeys(hosts)]


def tagged(names: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Each image with each tag; without tags as it is, which means `latest`."""
    return [f"{name}:{tag}" if tag else name for name in names for tag in (wanted or [""])]


def labels(value: Callable[[str], str], *, pipeline_data: bool) -> list[str]:
    """Labels that say where an image comes from. Their names begin with the server's name, read backwards."""
    host = urlsplit(value("System.TeamFoundationCollectionUri")).hostname or ""
    prefix = ".".join(reversed(host.split(".")))
    rows = (*_ALWAYS, *(_PROJECT if pipeline_data else ()), *_COMMIT, *(_BUILD if pipeline_data else ()))
    return [f"{prefix}.image.{name}={value(variable)}" for name, variable in rows if prefix and value(variable)]


def base_image(dockerfile: str) -> str:
    """The image that the last stage of a Dockerfile is built on; empty where only a build argument tells."""
    stages: dict[str, str] = {}
    base = ""
    for image, name in _FROM.findall(dockerfile):
        base = stages.get(image.lower(), image)
        if name:
            stages[name.lower()] = base
    return "" if "$" in base else base
