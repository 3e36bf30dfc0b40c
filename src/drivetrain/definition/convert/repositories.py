"""`resources.repositories`, and `repo: self` of older files.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.convert.alias import alias_of
from drivetrain.definition.convert.trigger import convert_trigger
from drivetrain.definition.model import RepositoryResource
from drivetrain.definition.shape import choice, fields, is_empty, late_boolean, shown, string, text
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

SELF = "self"
_BOOLEANS = frozenset({"clean", "fetchTags", "lfs", "persistCredentials"})


def convert_repository(item: Node, problems: Problems) -> RepositoryResource | None:
    """One item of `resources.repositories`."""
    found = fields(item, schema.REPOSITORY, problems)
    alias = alias_of("repository", found, item, problems)
    if alias is None:
        return None
    name = string(found.get("name"), "name", problems)
    if not name and alias.lower() != SELF:
        hint = "project/repository, or owner/repository on GitHub"
        problems.error(item, f"repository resource '{alias}' needs a `name`", code="missing-key", hint=hint)
    return RepositoryResource(
        alias,
        item.position,
        type=choice(found.get("type"), "type", schema.REPOSITORY_TYPES, problems) or "git",
        name=name,
        ref=string(found.get("ref"), "ref", problems),
        endpoint=string(found.get("endpoint"), "endpoint", problems),
        trigger=convert_trigger(found["trigger"], problems) if not is_empty(found.get("trigger")) else None,
        checkout_options=_checkout_options(found, problems),
    )


def _checkout_options(found: dict[str, Node], problems: Problems) -> dict[str, Scalar]:
    """Those beside `repository`, which win, and those below the older `checkoutOptions`."""
    below = found.get("checkoutOptions")
    options: dict[str, Node] = {}
    if below is not None and not is_empty(below):
        options = fields(below, schema.CHECKOUT_OPTIONS, problems)
    options |= {key: value for key, value in found.items() if key in schema.CHECKOUT_OPTIONS.keys}
    return texts_of(options, problems)


def texts_of(options: dict[str, Node], problems: Problems) -> dict[str, Scalar]:
    """Options of a checkout; Azure's other words for true and false become these two."""
    read = {key: checkout_option(key, node, problems) for key, node in options.items()}
    return {key: value for key, value in read.items() if value is not None}


def checkout_option(key: str, node: Node, problems: Problems) -> Scalar | None:
    """The text of one option."""
    if key in _BOOLEANS:
        return Scalar(late_boolean(node, key, problems), node.position)
    return text(node, key, problems)


def convert_legacy(item: Node, problems: Problems) -> RepositoryResource | None:
    """`resources: [{repo: self}]`, with its options for every checkout of `self`."""
    found = fields(item, schema.LEGACY_RESOURCE, problems)
    repository = string(found.get("repo"), "repo", problems)
    hint = "write `checkout: self` with its options as a step"
    problems.warning(item, "a list of `repo` under `resources` is deprecated", code="deprecated", hint=hint)
    if repository.lower() != SELF:
        at = found.get("repo", item)
        message = f"`repo` must be self, not '{shown(repository)}'"
        problems.error(at, message, code="wrong-value", hint="name others under `resources: repositories:`")
        return None
    own = {key: value for key, value in found.items() if key in schema.CHECKOUT_OPTIONS.keys}
    return RepositoryResource(SELF, item.position, checkout_options=texts_of(own, problems))
