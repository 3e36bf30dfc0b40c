"""`resources`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.alias import alias_of, distinct
from drivetrain.definition.convert.container import described
from drivetrain.definition.convert.repositories import convert_legacy, convert_repository
from drivetrain.definition.convert.trigger import patterns, ref_patterns
from drivetrain.definition.model import Resources
from drivetrain.definition.resources.model import (
    BuildResource,
    ContainerResource,
    PackageResource,
    PipelineResource,
    ResourceTrigger,
    WebhookResource,
)
from drivetrain.definition.shape import (
    boolean,
    choice,
    fields,
    is_empty,
    items,
    misplaced,
    string,
    strings,
    to_bool,
)
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.source.model import Patterns

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.schema import Place
    from drivetrain.lang.tree import Node


def convert_resources(node: Node | None, problems: Problems) -> Resources:
    """Everything under `resources`; of two with the same alias the first."""
    if node is None or is_empty(node):
        return Resources()
    if isinstance(node, Sequence):
        legacy = (convert_legacy(item, problems) for item in node.items)
        return Resources(repositories=distinct(legacy, "repository", problems))
    if not isinstance(node, Mapping):
        misplaced(node, "resources must be a mapping", problems)
        return Resources()
    found = fields(node, schema.RESOURCES, problems)
    listed = {kind: items(found.get(kind), kind, problems) for kind in found}

    def read(kind: str) -> tuple[Node, ...]:
        return listed.get(kind, ())

    return Resources(
        distinct((convert_repository(item, problems) for item in read("repositories")), "repository", problems),
        distinct((_container(item, problems) for item in read("containers")), "container", problems),
        distinct((_pipeline(item, problems) for item in read("pipelines")), "pipeline", problems),
        distinct((_build(item, problems) for item in read("builds")), "build", problems),
        distinct((_package(item, problems) for item in read("packages")), "package", problems),
        distinct((_webhook(item, problems) for item in read("webhooks")), "webhook", problems),
    )


def _container(item: Node, problems: Problems) -> ContainerResource | None:
    found = fields(item, schema.CONTAINER_RESOURCE, problems)
    alias = alias_of("container", found, item, problems)
    if alias is None:
        return None
    kind = string(found.get("type"), "type", problems)
    if not kind:
        _need(("image",), found, item, "container resource", problems)
    return ContainerResource(
        alias,
        item.position,
        described(found, item, problems),
        type=kind,
        trigger=_trigger(found.get("trigger"), schema.CONTAINER_TRIGGER, problems),
        azure_subscription=string(found.get("azureSubscription"), "azureSubscription", problems),
        resource_group=string(found.get("resourceGroup"), "resourceGroup", problems),
        registry=string(found.get("registry"), "registry", problems),
        repository=string(found.get("repository"), "repository", problems),
        local_image=boolean(found.get("localImage"), "localImage", problems, default=False),
    )


def _pipeline(item: Node, problems: Problems) -> PipelineResource | None:
    found = fields(item, schema.PIPELINE_RESOURCE, problems)
    alias = alias_of("pipeline", found, item, problems)
    if alias is None:
        return None
    return PipelineResource(
        alias,
        item.position,
        source=string(found.get("source"), "source", problems),
        project=string(found.get("project"), "project", problems),
        version=string(found.get("version"), "version", problems),
        branch=string(found.get("branch"), "branch", problems),
        tags=strings(found.get("tags"), "tags", problems),
        trigger=_trigger(found.get("trigger"), schema.PIPELINE_TRIGGER, problems),
    )


def _build(item: Node, problems: Problems) -> BuildResource | None:
    found = fields(item, schema.BUILD_RESOURCE, problems)
    alias = alias_of("build", found, item, problems)
    if alias is None:
        return None
    _need(("type", "connection", "source"), found, item, "build resource", problems)
    return BuildResource(
        alias,
        item.position,
        type=string(found.get("type"), "type", problems),
        connection=string(found.get("connection"), "connection", problems),
        source=string(found.get("source"), "source", problems),
        version=string(found.get("version"), "version", problems),
        branch=string(found.get("branch"), "branch", problems),
        trigger=_trigger(found.get("trigger"), None, problems),
    )


def _package(item: Node, problems: Problems) -> PackageResource | None:
    found = fields(item, schema.PACKAGE_RESOURCE, problems)
    alias = alias_of("package", found, item, problems)
    if alias is None:
        return None
    _need(("type", "connection", "name"), found, item, "package resource", problems)
    return PackageResource(
        alias,
        item.position,
        type=string(found.get("type"), "type", problems),
        connection=string(found.get("connection"), "connection", problems),
        name=string(found.get("name"), "name", problems),
        version=string(found.get("version"), "version", problems),
        tag=string(found.get("tag"), "tag", problems),
        trigger=_trigger(found.get("trigger"), None, problems),
    )


def _webhook(item: Node, problems: Problems) -> WebhookResource | None:
    found = fields(item, schema.WEBHOOK_RESOURCE, problems)
    alias = alias_of("webhook", found, item, problems)
    if alias is None:
        return None
    _need(("connection",), found, item, "webhook resource", problems)
    return WebhookResource(
        alias,
        item.position,
        connection=string(found.get("connection"), "connection", problems),
        type=string(found.get("type"), "type", problems),
        filters=tuple(_filter(entry, problems) for entry in items(found.get("filters"), "filters", problems)),
    )


def _filter(item: Node, problems: Problems) -> tuple[str, str]:
    found = fields(item, schema.WEBHOOK_FILTER, problems)
    _need(("path", "value"), found, item, "filter of a webhook", problems)
    return string(found.get("path"), "path", problems), string(found.get("value"), "value", problems)


def _trigger(node: Node | None, place: Place | None, problems: Problems) -> ResourceTrigger | None:
    """`none`, `true`, or a mapping where the resource has one."""
    if node is None or is_empty(node):
        return None
    if isinstance(node, Scalar):
        return _trigger_word(node, problems)
    if place is None:
        misplaced(node, "trigger must be none or true", problems)
        return None
    found = fields(node, place, problems)
    stages = strings(found.get("stages"), "stages", problems)
    return ResourceTrigger(
        boolean(found.get("enabled"), "enabled", problems, default=True),
        ref_patterns(found.get("branches"), "branches", problems),
        _tags(found.get("tags"), problems),
        stages,
    )


def _tags(node: Node | None, problems: Problems) -> Patterns:
    """A list, or include and exclude; `tags: none` is met in examples and says nothing more than `[none]`."""
    if isinstance(node, Scalar) and not is_empty(node):
        return Patterns((node.value,))
    return patterns(node, "tags", problems)


def _trigger_word(node: Scalar, problems: Problems) -> ResourceTrigger | None:
    word = choice(node, "trigger", ("none", "true"), problems) if to_bool(node.value) is not True else "true"
    return ResourceTrigger(enabled=word == "true") if word else None


def _need(keys: tuple[str, ...], found: dict[str, Node], item: Node, title: str, problems: Problems) -> None:
    for key in keys:
        if is_empty(found.get(key)):
            problems.error(item, f"a {title} needs `{key}`", code="missing-key")
