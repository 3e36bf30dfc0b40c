"""Which containers of uploads what is kept in workspaces speaks of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.store.database import Database

UPLOAD = re.compile(r"upload-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BODIES = (
    "SELECT body FROM assets WHERE body LIKE '%upload-%' UNION ALL "
    "SELECT body FROM azure_jobs WHERE body LIKE '%upload-%'"
)


def mentioned_uploads(database: Database) -> set[str]:
    """The containers that an asset or a job names. Raises UnavailableError."""
    with database.reading() as connection:
        return {name for row in connection.execute(_BODIES) for name in UPLOAD.findall(row["body"])}
