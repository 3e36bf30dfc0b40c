"""Pipeline jobs of azure-ai-ml run: branches, nested pipelines, reuse of what was done before, failure, cancel."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from tests.azure.conftest import SUBSCRIPTION

from drivetrain.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.azure.conftest import Served

STEPS = {"start", "nested.one", "other", "both"}


def states(found: Any) -> dict[str, str]:
    return {name: child["status"] for name, child in found["children"].items()}


def ran(served: Served, job: str) -> dict[str, str]:
    """The steps of a pipeline job that were really run, and how they ended, by the engine's own rows."""
    with closing(Database(served.home.database).connect()) as connection:
        rows = connection.execute(
            "SELECT jobs.stage, jobs.result FROM azure_jobs JOIN jobs ON jobs.run_id = azure_jobs.run_id "
            "WHERE azure_jobs.name = ? AND jobs.started_at <> ''",
            (job,),
        )
        return {row["stage"]: row["result"] for row in rows}


@pytest.mark.slow
def test_pipeline_jobs_run_reuse_fail_and_cancel(served: Served, client: Callable[..., Any]) -> None:
    found = client("ml", "ml_pipelines.py", SUBSCRIPTION, "pipes")

    first = found["first"]
    assert (first["status"], first["type"]) == ("Completed", "pipeline")
    assert states(first) == dict.fromkeys(STEPS, "Completed")
    assert not any(child["reused"] for child in first["children"].values())
    assert set(ran(served, first["name"])) == {"start", "nested__one", "other", "both"}
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
    assert found["wrong"].count("jobs.start: input 'seconds' is a number, not 'soon'") == 1
