"""`trigger`, `pr` and `schedules`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/trigger"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.shape import boolean, fields, is_empty, items, string, text, text_or_list, what
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.source.model import CiTrigger, Patterns

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

_NONE = "none"


def convert_trigger(node: Node | None, problems: Problems) -> CiTrigger:
    """`none`, a list of branches, or a mapping; every branch when there is no `trigger` at all."""
    if node is None or is_empty(node):
        return CiTrigger()
    if isinstance(node, Scalar):
        return _trigger_word(node, problems)
    if isinstance(node, Sequence):
        return CiTrigger(branches=Patterns(_texts(node, "trigger", problems)))
    found = fields(node, schema.TRIGGER, problems)
    return CiTrigger(
        batch=boolean(found.get("batch"), "batch", problems, default=False),
        branches=_patterns(found.get("branches"), "branches", problems),
        paths=_patterns(found.get("paths"), "paths", problems),
        tags=_patterns(found.get("tags"), "tags", problems),
    )


def _trigger_word(node: Scalar, problems: Problems) -> CiTrigger:
    if node.value.lower() == _NONE:
        return CiTrigger(enabled=False)
    message = f"trigger must be none, a list of branches or a mapping, not '{node.value}'"
    problems.error(node, message, code="wrong-value", hint=f"a list of branches is written `[{node.value}]`")
    return CiTrigger()


def _patterns(node: Node | None, title: str, problems: Problems) -> Patterns:
    """A list, which means include, or a mapping of include and exclude."""
    if node is None or is_empty(node):
        return Patterns()
    if isinstance(node, Sequence):
        return Patterns(_texts(node, title, problems))
    if isinstance(node, Scalar):
        problems.error(node, f"{title} must be a list or a mapping, not {what(node)}", code="wrong-type")
        return Patterns()
    found = fields(node, schema.FILTERS, problems)
    include = _texts(found.get("include"), f"include of {title}", problems)
    return Patterns(include, _texts(found.get("exclude"), f"exclude of {title}", problems))


def _texts(node: Node | None, title: str, problems: Problems) -> tuple[str, ...]:
    entries = text_or_list(node, title, problems)
    for entry in entries:
        if not entry.value:
            problems.error(entry, f"an entry of {title} is empty", code="wrong-value")
    return tuple(entry.value for entry in entries if entry.value)


def check_pull_request(node: Node | None, problems: Problems) -> None:
    """`pr`: checked, and noted, because pull requests do not start runs here yet."""
    if node is None or is_empty(node) or (isinstance(node, Scalar) and node.value.lower() == _NONE):
        return
    if isinstance(node, Mapping):
        found = fields(node, schema.PULL_REQUEST, problems)
        for flag in ("autoCancel", "drafts"):
            boolean(found.get(flag), flag, problems, default=True)
        for filters in ("branches", "paths"):
            _patterns(found.get(filters), filters, problems)
    elif isinstance(node, Sequence):
        _texts(node, "pr", problems)
    else:
        problems.error(node, f"pr must be none, a list of branches or a mapping, not {what(node)}", code="wrong-value")
    problems.warning(node, "pull requests do not start runs here yet", code="no-effect-yet")


def check_schedules(node: Node | None, problems: Problems) -> None:
    """`schedules`: checked, and noted, because schedules do not start runs here yet."""
    entries = items(node, "schedules", problems)
    for entry in entries:
        found = fields(entry, schema.SCHEDULE, problems)
        cron = text(found.get("cron"), "cron", problems)
        if cron is None or len(cron.value.split()) != 5:  # noqa: PLR2004 - minute hour day month weekday
            problems.error(cron or entry, "a schedule needs `cron` with five fields", code="wrong-value")
        string(found.get("displayName"), "displayName", problems)
        for flag in ("batch", "always"):
            boolean(found.get(flag), flag, problems, default=False)
        _patterns(found.get("branches"), "branches", problems)
    if entries and node is not None:
        problems.warning(node, "schedules do not start runs here yet", code="no-effect-yet")
