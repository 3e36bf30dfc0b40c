"""Containers, and the resources of a pipeline file: frozen values with positions.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from drivetrain.errors import Position
from drivetrain.lang.tree import Scalar
from drivetrain.source.model import Patterns


class Container(Struct, frozen=True):
    """A container that a job or a service runs in, or that a resource describes.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-container
    """

    position: Position
    alias: Scalar | None = None
    """The short form: the alias of a container resource, else an image, or text that becomes one at run time."""
    image: Scalar | None = None
    endpoint: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    options: str = ""
    map_docker_socket: bool = True
    read_only: frozenset[str] = frozenset()
    """`mountReadOnly`: those of work, externals, tools and tasks that cannot be written to."""


class ResourceTrigger(Struct, frozen=True):
    """Whether a resource starts runs: `none`, `true`, or a mapping of filters.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-pipelines-pipeline-trigger
    """

    enabled: bool = True
    branches: Patterns = field(default_factory=Patterns)
    tags: Patterns = field(default_factory=Patterns)
    """Of a pipeline all of `include` must be there, of a container's image any of them."""
    stages: tuple[str, ...] = ()


class ContainerResource(Struct, frozen=True):
    """`resources.containers`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-containers-container"""

    alias: str
    position: Position
    container: Container
    type: str = ""
    """`ACR` for an image named by `registry` and `repository` in place of `image`."""
    trigger: ResourceTrigger | None = None
    azure_subscription: str = ""
    resource_group: str = ""
    registry: str = ""
    repository: str = ""
    local_image: bool = False


class PipelineResource(Struct, frozen=True):
    """`resources.pipelines`: another pipeline, whose artifacts are used or whose runs start this one.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-pipelines-pipeline
    """

    alias: str
    position: Position
    source: str = ""
    project: str = ""
    version: str = ""
    branch: str = ""
    tags: tuple[str, ...] = ()
    trigger: ResourceTrigger | None = None


class BuildResource(Struct, frozen=True):
    """`resources.builds`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-builds-build"""

    alias: str
    position: Position
    type: str = ""
    connection: str = ""
    source: str = ""
    version: str = ""
    branch: str = ""
    trigger: ResourceTrigger | None = None


class PackageResource(Struct, frozen=True):
    """`resources.packages`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-packages-package"""

    alias: str
    position: Position
    type: str = ""
    connection: str = ""
    name: str = ""
    version: str = ""
    tag: str = ""
    trigger: ResourceTrigger | None = None


class WebhookResource(Struct, frozen=True):
    """`resources.webhooks`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook"""

    alias: str
    position: Position
    connection: str = ""
    type: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    """Path in the payload and the value that it must have."""
