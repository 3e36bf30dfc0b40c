"""Branch control: everything that a run is made of has to come from allowed branches.

https://learn.microsoft.com/azure/devops/pipelines/process/approvals#branch-control
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.run.checks.facts import Finding
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun

TYPE = "branchControl"
TITLE = "Branch control"
TIMEOUT_RESULT = Result.FAILED
DAY = 1440


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    allowed_branches: tuple[str, ...]
    """In full; `*` stands for anything: `refs/heads/release/*`."""
    timeout: float = DAY

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        if not self.allowed_branches:
            raise UserError("allowedBranches: name at least one branch", hint="such as --branch refs/heads/main")
        for pattern in self.allowed_branches:
            if not pattern.startswith("refs/") and pattern != "*":
                hint = f"write refs/heads/{pattern or 'main'}, or refs/tags/... for a tag"
                raise UserError(f"allowedBranches: '{pattern}' is not a branch in full", hint=hint)


def category(settings: Settings) -> Category:
    """Static: it is known at once."""
    del settings
    return Category.STATIC


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    return f"only {', '.join(settings.allowed_branches)}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """Whether every branch is an allowed one."""
    del check
    rules = [re.compile(".*".join(map(re.escape, each.split("*"))), re.DOTALL) for each in settings.allowed_branches]
    for name, ref in _branches(facts):
        if not any(rule.fullmatch(ref) for rule in rules):
            return Finding(CheckState.FAILED, f"{ref or 'no branch'} of {name} is not among the allowed branches")
    return Finding(CheckState.PASSED, "every branch is allowed")


def _branches(facts: Facts) -> Iterator[tuple[str, str]]:
    """The pipeline's own, and those of the other repositories that the run needed."""
    yield facts.run.source.name, facts.run.source.ref
    for repository in facts.plan.repositories.values():
        if repository.version:
            yield repository.name, repository.ref
