"""Required template: the pipeline has to extend one of some templates.

https://learn.microsoft.com/azure/devops/pipelines/process/approvals#required-template
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.run.checks.facts import Finding
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from drivetrain.plan.model import ExtendsPlan
    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun

TYPE = "requiredTemplate"
TITLE = "Required template"
TIMEOUT_RESULT = Result.FAILED
BRANCHES = "refs/heads/"


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A template that may be extended."""

    path: str
    repository: str = ""
    """As its host names it; empty for any."""
    ref: str = ""
    """The branch or tag; empty for any."""

    def __str__(self) -> str:
        return "@".join(part for part in (self.path, self.repository, self.ref) if part)


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    templates: tuple[Template, ...]

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        if not self.templates:
            raise UserError("templates: name at least one", hint="such as --template steps.yml@contoso/templates")
        for template in self.templates:
            if not template.path.strip("/ "):
                raise UserError("templates: one has no path", hint="PATH, PATH@REPOSITORY or PATH@REPOSITORY@REF")


def category(settings: Settings) -> Category:
    """Static: it is known at once."""
    del settings
    return Category.STATIC


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    return f"extends {' or '.join(map(str, settings.templates))}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """Whether the pipeline extends one of them, directly or by way of others."""
    del check
    for extended in facts.plan.extends:
        if any(_is(template, extended) for template in settings.templates):
            return Finding(CheckState.PASSED, f"it extends {extended.path}")
    does = ", ".join(f"{each.path}@{each.repository}" for each in facts.plan.extends) or "none"
    wanted = " or ".join(map(str, settings.templates))
    return Finding(CheckState.FAILED, f"the pipeline has to extend {wanted}; it extends {does}")


def _is(template: Template, extended: ExtendsPlan) -> bool:
    path = template.path.replace("\\", "/").strip("/")
    return (
        path.lower() == extended.path.lower()
        and template.repository.lower() in {"", extended.repository.lower()}
        and _ref(template.ref) in {"", _ref(extended.ref)}
    )


def _ref(text: str) -> str:
    return text if not text or text.startswith("refs/") else f"{BRANCHES}{text}"
