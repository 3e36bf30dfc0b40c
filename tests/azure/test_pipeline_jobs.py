"""Pipeline jobs of azure-ai-ml run: branches, nested pipelines, reuse of what was done before, failure, cancel."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.store.database import Database
from drivetrain.store.runs import SqliteRunStore
from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.azure.conftest import Served

STEPS = {"start", "nested.one", "other", "both"}


def states(found: Any) -> dict[str, str]:
    return {name: child["status"] for name, child in found["children"].items()}


def ran(served: Served, job: str) -> dict[str, str]:
    """The steps of a pipeline job that were really run, and how they ended, by the engine's own rows."""
    database = Database(served.home.database)
    with closing(database.connect()) as connection:
        row = connection.execute("SELECT run_id FROM azure_jobs WHERE name = ?", (job,)).fetchone()
    with closing(SqliteRunStore(database)) as store:
        return {each.ref.stage: str(each.result) for each in store.jobs(row["run_id"]) if each.started_at}


@pytest.mark.slow
def test_pipeline_jobs_run_reuse_fail_and_cancel(served: Served, client: Callable[..., Any]) -> None:
    found = client("ml", "ml_pipelines.py", SUBSCRIPTION, "pipes")

    first = found["first"]
    assert (first["status"], first["type"]) == ("Completed", "pipeline")
    assert states(first) == dict.fromkeys(STEPS, "Completed")
    assert not any(child["reused"] for child in first["children"].values())
    assert ran(served, first["name"]) == dict.fromkeys(("start", "nested__one", "other", "both"), "Succeeded")
    assert found["said"] == "join(left(first()),right(first()))"

    second = found["second"]
    assert second["status"] == "Completed"
    assert states(second) == dict.fromkeys(STEPS, "Completed")
    assert all(child["reused"] == "true" for child in second["children"].values())
    assert found["said again"] == found["said"]
    assert ran(served, second["name"]) == {}

    assert not any(child["reused"] for child in found["forced"]["children"].values())
    assert len(ran(served, found["forced"]["name"])) == 4

    assert found["failing"]["status"] == "Failed"
    assert states(found["failing"]) == {"broken": "Failed", "beside": "Canceled", "after": "Canceled"}
    assert found["partly"]["status"] == "Failed"
    assert states(found["partly"]) == {"broken": "Failed", "beside": "Completed", "after": "Canceled"}
    assert found["canceled"] == {"status": "Canceled", "children": {"only": "Canceled"}}
    assert "jobs.start: input 'seconds' is a number, not 'soon'" in found["wrong"]
