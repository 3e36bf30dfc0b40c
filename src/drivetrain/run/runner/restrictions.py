"""What `target:` forbids a step: most logging commands, and variables that are not on its list.

https://learn.microsoft.com/azure/devops/pipelines/security/inputs#agent-logging-command-restrictions
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.plan.model import TargetPlan

PATH = "PATH"
"""What `task.prependpath` has to be allowed to set."""
HARMLESS = frozenset(
    {
        ("task", "complete"),
        ("task", "debug"),
        ("task", "issue"),
        ("task", "logdetail"),
        ("task", "logissue"),
        ("task", "prependpath"),
        ("task", "setprogress"),
        ("task", "setsecret"),
        ("task", "settaskvariable"),
        ("task", "setvariable"),
        ("telemetry", "publish"),
    }
)
"""Area and event of the commands that stay allowed with `commands: restricted`: those with AllowedInRestrictedMode in
https://github.com/microsoft/azure-pipelines-agent."""


def allows_command(target: TargetPlan | None, area: str, event: str) -> bool:
    """Whether a step may use a logging command."""
    return target is None or not target.restricted or (area, event) in HARMLESS


def allows_variable(target: TargetPlan | None, name: str) -> bool:
    """Whether a step may set a variable. Names in the list may hold `*` and `?`, and are compared ignoring case."""
    if target is None or target.settable is None:
        return True
    return any(fnmatchcase(name.lower(), pattern.strip().lower()) for pattern in target.settable)
