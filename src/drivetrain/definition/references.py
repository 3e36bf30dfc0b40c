"""What steps and jobs refer to among the resources of the file: repositories, containers, pipelines, builds, packages.

https://learn.microsoft.com/azure/devops/pipelines/process/resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.shape import closest, is_empty, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drivetrain.definition.model import Resources, Step, Text
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.resources.model import Container

SELF, NONE, CURRENT, HOST = "self", "none", "current", "host"
INLINE_REPOSITORY = "git://"
_LATE = "$"
_NO_CONTAINER = (
    "A container resource with name {0} could not be found. The container resource does not exist. If you intended to"
    " specify an image, use NAME:TAG or NAME@DIGEST. For example, ubuntu:latest"
)


class References:
    """Looks up what is named; aliases ignore case, and what is known only at run time is let pass."""

    def __init__(self, resources: Resources, problems: Problems) -> None:
        self._problems = problems
        self._repositories = {SELF, NONE, *(found.alias.lower() for found in resources.repositories)}
        self._containers = [found.alias for found in resources.containers]
        self._sources: Mapping[str, tuple[str, list[str]]] = {
            "download": ("pipeline", [CURRENT, NONE, *(found.alias for found in resources.pipelines)]),
            "downloadBuild": ("build", [found.alias for found in resources.builds]),
            "getPackage": ("package", [found.alias for found in resources.packages]),
        }

    def check_step(self, step: Step) -> None:
        """What a step takes from elsewhere."""
        if step.kind == "checkout":
            self._repository(step.subject, step)
        elif step.kind in self._sources:
            self._source(step)
        elif step.kind in ("publish", "upload") and is_empty(step.subject):
            self._problems.error(step.position, "publish needs the path of a file or folder", code="missing-input")
        if step.target is not None:
            name = step.target.container
            if name.lower() != HOST and not self._is_container(name):
                self._problems.error(step.target.position, _NO_CONTAINER.format(shown(name)), code="unknown-resource")

    def check_containers(self, containers: Iterable[Container | None]) -> None:
        """What a job and its services run in."""
        for container in containers:
            if container is not None and container.alias is not None:
                self._container(container.alias)

    def _repository(self, subject: Text, step: Step) -> None:
        name = subject.value.lower()
        if is_empty(subject):
            self._problems.error(step.position, "The checkout step does not specify a repository", code="missing-input")
        elif name not in self._repositories and not name.startswith(INLINE_REPOSITORY) and _LATE not in name:
            message = (
                f"The checkout step references the repository '{shown(subject.value)}' which is not defined by the"
                " pipeline"
            )
            hint = closest(subject.value, self._repositories) or "name it under `resources: repositories:`"
            self._problems.error(subject, message, code="unknown-resource", hint=hint)

    def _source(self, step: Step) -> None:
        kind, known = self._sources[step.kind]
        name = step.subject.value
        if is_empty(step.subject):
            message = f"{step.kind} needs the alias of a {kind} resource"
            self._problems.error(step.position, message, code="missing-input")
        elif name.lower() not in {alias.lower() for alias in known} and _LATE not in name:
            message = f"Cannot find {kind} resource for {shown(name)}"
            hint = closest(name, known) or f"name it under `resources: {kind}s:`"
            self._problems.error(step.subject, message, code="unknown-resource", hint=hint)

    def _container(self, alias: Text) -> None:
        if not self._is_container(alias.value) and ":" not in alias.value and "@" not in alias.value:
            hint = closest(alias.value, self._containers)
            message = _NO_CONTAINER.format(shown(alias.value))
            self._problems.error(alias, message, code="unknown-resource", hint=hint)

    def _is_container(self, name: str) -> bool:
        return not name or _LATE in name or name.lower() in {alias.lower() for alias in self._containers}
