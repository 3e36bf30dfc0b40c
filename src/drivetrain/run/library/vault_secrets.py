"""Secrets of a key vault as AzureKeyVault hands them to a job.

https://github.com/microsoft/azure-pipelines-tasks/blob/master/Tasks/AzureKeyVaultV2/operations/KeyVault.ts
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def chosen(secrets: Mapping[str, str], pattern: str) -> tuple[dict[str, str], list[str]]:
    """Those that `SecretsFilter` names (`*` for all), by the names that it uses, and names that are not there.

    A name with a version (`name/version`) is not there: a vault here keeps the newest only.
    """
    names = [name.strip() for name in pattern.split(",") if name.strip()] or ["*"]
    if names == ["*"]:
        return dict(secrets), []
    known = {name.lower(): value for name, value in secrets.items()}
    found: dict[str, str] = {}
    missing = []
    for name in names:
        plain, _, version = name.partition("/")
        if version or plain.lower() not in known:
            missing.append(name)
        else:
            found[plain] = known[plain.lower()]
    return found, missing


def single_line(value: str) -> str:
    """JSON that has several lines, on one; anything else as it is."""
    if "\n" not in value:
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    if not isinstance(parsed, dict | list) or not parsed:
        return value
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":"))
