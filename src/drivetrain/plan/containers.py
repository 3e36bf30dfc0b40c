"""The containers that jobs, services and steps name: by the alias of a resource, or by an image.

https://learn.microsoft.com/azure/devops/pipelines/process/container-phases
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import ContainerPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Job, Pipeline
    from drivetrain.definition.resources.model import Container, ContainerResource

_HOST = "host"


class Containers:
    """The containers of a pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._resources = {resource.alias.lower(): resource for resource in pipeline.resources.containers}

    def plan(self, container: Container) -> ContainerPlan:
        """What a job or service runs in; its own keys win over those of the resource that it names."""
        named = container.alias.value if container.alias is not None else ""
        resource = self._resources.get(named.lower())
        if resource is not None:
            return self._of_resource(resource)
        return _planned(container, container.image.value if container.image is not None else named)

    def of_targets(self, job: Job) -> dict[str, ContainerPlan]:
        """Those that targets of the job's steps name, by alias."""
        hooks = job.deployment.hooks if job.deployment is not None else ()
        steps = (*job.steps, *(step for hook in hooks for step in hook.steps))
        aliases = [step.target.container for step in steps if step.target is not None and step.target.container]
        if _is_late(job):
            aliases += [resource.alias for resource in self._resources.values()]
        found = {alias: self._resources.get(alias.lower()) for alias in aliases if alias.lower() != _HOST}
        return {alias: self._of_resource(resource) for alias, resource in found.items() if resource is not None}

    def of_services(self, services: Mapping[str, Container]) -> dict[str, ContainerPlan]:
        """The services of a job, by the name that they have on its network."""
        return {name: self.plan(container) for name, container in services.items()}

    def _of_resource(self, resource: ContainerResource) -> ContainerPlan:
        image = resource.container.image.value if resource.container.image is not None else ""
        if not image and resource.registry:
            image = f"{resource.registry.lower()}.azurecr.io/{resource.repository}"
        return _planned(resource.container, image, alias=resource.alias, local=resource.local_image)


def _is_late(job: Job) -> bool:
    """Whether a container of the job can only be known when it runs.

    https://learn.microsoft.com/azure/devops/pipelines/process/container-phases#multiple-jobs
    """
    named = [job.container, *job.services.values()]
    texts = [each.alias.value for each in named if each is not None and each.alias is not None]
    return any("$[" in text or "$(" in text for text in texts)


def _planned(container: Container, image: str, *, alias: str = "", local: bool = False) -> ContainerPlan:
    return ContainerPlan(
        image=image,
        endpoint=container.endpoint,
        env=container.env,
        ports=container.ports,
        volumes=container.volumes,
        options=container.options,
        map_docker_socket=container.map_docker_socket,
        read_only=tuple(sorted(container.read_only)),
        local_image=local,
        position=str(container.position),
        alias=alias,
    )
