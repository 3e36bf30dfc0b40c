"""A Plan as JSON, and back."""

from __future__ import annotations

import msgspec

from drivetrain.errors import CorruptError
from drivetrain.plan.model import PLAN_VERSION, Plan


class _Version(msgspec.Struct):
    version: int


def to_json(plan: Plan) -> bytes:
    """The plan as one line of JSON; equal plans give equal bytes."""
    return msgspec.json.encode(plan, order="deterministic")


def from_json(document: bytes) -> Plan:
    """The plan again. Raises CorruptError when it is not one, or was written by a newer version."""
    try:
        version = msgspec.json.decode(document, type=_Version).version
        if version <= PLAN_VERSION:
            return msgspec.json.decode(document, type=Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"this is not a plan: {error}"
        raise CorruptError(message, hint="`drivetrain doctor` checks what is stored") from error
    message = f"the plan was written by a newer version (plan version {version}, known {PLAN_VERSION})"
    raise CorruptError(message, hint="upgrade drivetrain")
