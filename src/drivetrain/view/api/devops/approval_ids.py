"""Azure calls approvals by GUIDs: the run and our number, in one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.run.checks.model import Approval

_ID = re.compile(r"([0-9a-f]{8})-d7a1-4e0c-8b1d-([0-9a-f]{12})")


def approval_id(approval: Approval) -> str:
    """Its GUID, always the same."""
    return f"{approval.run_id:08x}-d7a1-4e0c-8b1d-{approval.id:012x}"


def numbers_of(guid: str) -> tuple[int, int] | None:
    """The run and the number of an approval; None for what is no id of ours."""
    found = _ID.fullmatch(guid.lower())
    return (int(found[1], 16), int(found[2], 16)) if found else None
