"""`trigger` and `pr`, and the lists of patterns that other triggers have too.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/trigger
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.shape import boolean, fields, is_empty, misplaced, shown, text_or_list
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.source.model import CiTrigger, Patterns, PrTrigger

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

_NONE = "none"
_REF = re.compile(r"[^/~^: \[\]\\]+(/[^/~^: \[\]\\]+)*\Z")
"""What the schema allows as a filter of branches or tags."""


def convert_trigger(node: Node | None, problems: Problems) -> CiTrigger:
    """`none`, a list of branches, or a mapping; every branch when there is no `trigger` at all."""
    if node is None or is_empty(node):
        return CiTrigger()
    if isinstance(node, Scalar):
        return CiTrigger(enabled=not _is_none(node, "trigger", problems))
    if isinstance(node, Sequence):
        return CiTrigger(branches=ref_patterns(node, "trigger", problems))
    found = fields(node, schema.TRIGGER, problems)
    return CiTrigger(
        enabled=_enabled(found.get("enabled"), "trigger", problems),
        batch=boolean(found.get("batch"), "batch", problems, default=False),
        branches=ref_patterns(found.get("branches"), "branches", problems),
        paths=patterns(found.get("paths"), "paths", problems),
        tags=ref_patterns(found.get("tags"), "tags", problems),
    )


def convert_pull_request(node: Node | None, problems: Problems) -> PrTrigger:
    """`none`, a list of branches, or a mapping; every branch when there is no `pr` at all."""
    if node is None or is_empty(node):
        return PrTrigger()
    if isinstance(node, Scalar):
        return PrTrigger(enabled=not _is_none(node, "pr", problems))
    if isinstance(node, Sequence):
        return PrTrigger(branches=ref_patterns(node, "pr", problems))
    found = fields(node, schema.PULL_REQUEST, problems)
    return PrTrigger(
        enabled=_enabled(found.get("enabled"), "pr", problems),
        auto_cancel=boolean(found.get("autoCancel"), "autoCancel", problems, default=True),
        branches=ref_patterns(found.get("branches"), "branches", problems),
        paths=patterns(found.get("paths"), "paths", problems),
        drafts=boolean(found.get("drafts"), "drafts", problems, default=True),
    )


def _is_none(node: Scalar, title: str, problems: Problems) -> bool:
    if node.value.lower() == _NONE:
        return True
    message = f"{title} must be none, a list of branches or a mapping, not '{shown(node.value)}'"
    problems.error(node, message, code="wrong-value", hint=f"a list of branches is written `[{shown(node.value)}]`")
    return False


def _enabled(node: Node | None, title: str, problems: Problems) -> bool:
    """Azure prints `enabled: false` for `none` in an expanded pipeline, but does not take it in one."""
    if node is not None:
        message = f"`enabled` is what Azure prints in an expanded pipeline; it does not read it in {title}"
        problems.warning(node, message, code="not-on-azure", hint=f"write `{title}: none`")
    return boolean(node, "enabled", problems, default=True)


def patterns(node: Node | None, title: str, problems: Problems) -> Patterns:
    """A list, which means include, or a mapping of include and exclude."""
    if node is None or is_empty(node):
        return Patterns()
    if isinstance(node, Sequence):
        return Patterns(_texts(node, title, problems))
    if isinstance(node, Scalar):
        misplaced(node, f"{title} must be a list or a mapping", problems)
        return Patterns()
    found = fields(node, schema.FILTERS, problems)
    include = _texts(found.get("include"), f"include of {title}", problems)
    return Patterns(include, _texts(found.get("exclude"), f"exclude of {title}", problems))


def ref_patterns(node: Node | None, title: str, problems: Problems) -> Patterns:
    """Patterns for branches or tags, with a warning for what no branch can be called."""
    for entry in _entries(node):
        if entry.value and not _REF.match(entry.value):
            message = f"'{shown(entry.value)}' in {title} is not the name of a branch or tag, nor a pattern for one"
            problems.warning(entry, message, code="wrong-value")
    return patterns(node, title, problems)


def _entries(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [item for item in node.items if isinstance(item, Scalar)]
    lists = [value for _, value in node.entries] if isinstance(node, Mapping) else []
    return [entry for value in lists if isinstance(value, Scalar | Sequence) for entry in _entries(value)]


def _texts(node: Node | None, title: str, problems: Problems) -> tuple[str, ...]:
    entries = text_or_list(node, title, problems)
    for entry in entries:
        if not entry.value:
            problems.error(entry, f"an entry of {title} is empty", code="wrong-value")
    return tuple(entry.value for entry in entries if entry.value)
