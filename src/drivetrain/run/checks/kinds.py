"""Every kind of check by its name, and the module that knows it; settings read from JSON.

A module has TYPE, TITLE, TIMEOUT_RESULT (the stage's result when its time is over), Settings, category, describe, look.
"""

from __future__ import annotations

import importlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import CorruptError, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from drivetrain.run.checks.facts import Facts, Finding
    from drivetrain.run.checks.model import Category, Check, CheckRun
    from drivetrain.run.model import Result

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "approval": "approval",
        "branchControl": "branch_control",
        "businessHours": "business_hours",
        "exclusiveLock": "exclusive_lock",
        "invokeRestApi": "invoke_rest",
        "modelGate": "model_gate",
        "requiredTemplate": "required_template",
    }
)
"""Name -> module beside this one; loaded when one is met."""
LONGEST_TIMEOUT = 525_600
"""A year, in minutes."""
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"field `(?P<name>[^`]+)`")


def settings_of(kind: str, given: Mapping[str, object]) -> Any:
    """The settings of a check, defaults filled in. Raises UserError that names the setting which is wrong."""
    module = _module(kind)
    try:
        settings = msgspec.convert(given, module.Settings)
    except msgspec.ValidationError as error:
        raise _explained(module, error) from error
    timeout = getattr(settings, "timeout", 1.0)
    if not 0 < timeout <= LONGEST_TIMEOUT:
        raise UserError(f"timeout: {timeout:g} minutes", hint=f"more than 0 and at most {LONGEST_TIMEOUT} (a year)")
    settings.verify()
    return settings


def _module(kind: str) -> ModuleType:
    folded = kind.replace("-", "").lower()
    found = next((module for name, module in KINDS.items() if name.lower() == folded), None)
    if found is None:
        raise UserError(f"there is no check '{kind}'", hint=f"checks are {', '.join(KINDS)}")
    return importlib.import_module(f"drivetrain.run.checks.{found}")


def _explained(module: ModuleType, error: msgspec.ValidationError) -> UserError:
    found = _AT.match(str(error))
    what, where = (found["what"], found["where"] or "") if found else (str(error), "")
    named = _FIELD.search(what)
    known = ", ".join(each.encode_name for each in msgspec.structs.fields(module.Settings))
    setting = where or (named["name"] if named else "settings")
    if named is not None:
        what = "it is needed" if "missing" in what else f"{module.TYPE} has no such setting"
    return UserError(f"{setting}: {what}", hint=f"settings of {module.TYPE} are {known}")


def plain(settings: Any) -> dict[str, object]:
    """Settings as JSON."""
    made: dict[str, object] = msgspec.to_builtins(settings)
    return made


def kept(check: Check) -> tuple[ModuleType, Any]:
    """The module and the settings of a stored check. Raises CorruptError when they are not what was written."""
    try:
        return _module(check.type), settings_of(check.type, check.settings)
    except UserError as error:
        raise CorruptError(f"check {check.id} of {check.resource} cannot be read: {error.message}") from error


def name_of(kind: str) -> str:
    """The name of a kind as it is written here. Raises UserError."""
    return str(_module(kind).TYPE)


def category_of(check: Check) -> Category:
    """When its turn is."""
    module, settings = kept(check)
    found: Category = module.category(settings)
    return found


def describe(check: Check) -> str:
    """In a few words, for people."""
    module, settings = kept(check)
    return str(module.describe(settings))


def title(kind: str) -> str:
    """What people call a kind of check."""
    return str(_module(kind).TITLE)


def look(check: CheckRun, facts: Facts) -> Finding:
    """Where it stands by the facts, its timeout not counted."""
    module, settings = kept(check.check)
    found: Finding = module.look(settings, check, facts)
    return found


def timeout_of(check: Check) -> tuple[float, Result]:
    """Its timeout in minutes, 0 for none, and what a stage comes to when it is over."""
    module, settings = kept(check)
    return getattr(settings, "timeout", 0.0), module.TIMEOUT_RESULT
