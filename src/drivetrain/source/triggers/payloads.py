"""Whether a webhook resource wants what was posted: `filters`, each a path in the payload and the value there. Pure.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook-filters-filter
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from drivetrain.source.model import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,9}|'[^']*'|\"[^\"]*\")\]")
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
SHOWN = 60
DEEPEST = 50


def decide_webhook(alias: str, filters: Sequence[tuple[str, str]], payload: object) -> Decision:
    """All of them have to hold; without any, everything is wanted."""
    rule = Rule(("resources", "webhooks", alias))
    for path, value in filters:
        found = value_at(payload, path)
        if found != value:
            there = f"is '{found[:SHOWN]}'" if found is not None else "is not in the payload"
            return Decision(run=False, why=f"the filter {path} of {alias} wants '{value}', which {there}", rule=rule)
    words = ", ".join(f"{path} is '{value}'" for path, value in filters) or "it has no filters"
    return Decision(run=True, why=f"the webhook resource {alias} wants it: {words}", rule=rule)


def value_at(payload: object, path: str) -> str | None:
    """The text at a path such as `resource.message.title` or `commits[0].id`, with or without `$.` before it; None when
    there is none. Only a text, a number or a truth value is one.
    """
    path = path.removeprefix("$").removeprefix(".")
    found: object = payload
    for step in _STEP.finditer(path):
        key = step[1] if step[1] is not None else step[2]
        if isinstance(found, dict):
            found = found.get(key.strip("'\"") if step[1] is None else key)
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    if isinstance(found, str):
        return found
    return json.dumps(found) if isinstance(found, bool | int | float) else None


def readable(body: bytes) -> dict[str, object] | None:
    """What was posted; None when it is no JSON object, is nested deeper than a pipeline file may be, or has half a
    character, which JSON may write and nothing can keep.
    """
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _depth(found) <= DEEPEST else None


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        inner = (list(each.values()) if isinstance(each, dict) else each for each in level)
        level = [one for each in inner if isinstance(each, list) for one in each]
    return depth


def as_parameter(payload: str) -> str:
    """The payload as YAML reads it: JSON, but for characters beyond 16 bits, which JSON writes as two halves and YAML
    as one.
    """
    text = json.dumps(json.loads(payload))
    return _PAIR.sub(lambda pair: f"\\U{_joined(pair[1], pair[2]):08x}", text)


def _joined(high: str, low: str) -> int:
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)
