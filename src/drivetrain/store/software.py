"""What jobs had for Python, from the events in which they told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.store.rows import plain_json
from drivetrain.view.answers.model import Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.store.database import Database

MOST_JOBS = 100


class SqliteSoftware:
    """Reads only; any thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_run(self, run_id: int) -> Software:
        """Of all jobs of a run together; empty when none has told."""
        query = "SELECT data FROM events WHERE run_id = ? AND type = 'environment.used' ORDER BY seq LIMIT ?"
        with self._database.reading() as connection:
            rows = [plain_json(row["data"]) for row in connection.execute(query, (run_id, MOST_JOBS))]
        pythons: dict[str, None] = {}
        packages: dict[str, dict[str, None]] = {}
        for each in (one for row in rows if isinstance(row, dict) for one in _environments(row)):
            pythons[str(each.get("python"))] = None
            found = each.get("packages")
            for name, version in found.items() if isinstance(found, dict) else ():
                packages.setdefault(str(name), {})[str(version)] = None
        return Software(tuple(sorted(pythons)), {name: ", ".join(sorted(many)) for name, many in packages.items()})


def _environments(row: Any) -> Iterator[dict[str, Any]]:
    found = row.get("environments")
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
