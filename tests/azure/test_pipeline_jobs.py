"""Pipeline jobs of azure-ai-ml run: branches, nested pipelines, reuse of what was done before, failure, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.slow
def test_pipeline_jobs_run_reuse_fail_and_cancel(client: Callable[..., Any]) -> None:
    found = client("ml", "ml_pipelines.py", SUBSCRIPTION, "pipes")
    print(found)
    assert found["first"]["status"] == "Completed"
