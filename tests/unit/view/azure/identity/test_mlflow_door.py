"""Every write to MLflow below a workspace asks anew whether its token is still good: nothing is remembered of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.view.api.azure.app import create_edge
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS
from tests.unit.view.azure.identity.conftest import Asking

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/of-alpha"
OPERATIONS = ("mlflow/runs/log-metric", "mlflow/runs/log-batch", "preview/mlflow/runs/log-batch-async")
LET_IN, REFUSED = 405, 401
"""MLflow knows no TRACE, and need not be started to say so to whoever may come in."""


@pytest.fixture(params=OPERATIONS)
def path(request: pytest.FixtureRequest) -> str:
    return f"/mlflow/v2.0{WORKSPACE}/api/2.0/{request.param}"


def ask(edged: Edged, path: str, token: str) -> int:
    http = Asking(create_edge(edged.edge))
    return http.request("TRACE", path, headers={"authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("kind", ["issued", "own"])
def test_a_jobs_token_dies_with_its_job(edged: Edged, path: str, kind: str) -> None:
    own = edged.jobs["alpha"][1]
    token = own if kind == "own" else edged.identity(own, "https://ml.azure.com/")
    assert [ask(edged, path, token) for _ in range(2)] == [LET_IN, LET_IN]
    edged.end("alpha")
    assert ask(edged, path, token) == REFUSED


def test_a_token_ends_to_the_second(edged: Edged, path: str) -> None:
    token = edged.identity(edged.jobs["alpha"][1], "https://ml.azure.com/")
    edged.later(seconds=TOKEN_SECONDS - 1)
    assert ask(edged, path, token) == LET_IN
    edged.later(seconds=1)
    assert ask(edged, path, token) == REFUSED


def test_a_token_for_another_service_is_refused(edged: Edged, path: str) -> None:
    token = edged.jobs["alpha"][1]
    assert ask(edged, path, edged.identity(token)) == LET_IN
    assert ask(edged, path, edged.identity(token, "https://storage.azure.com/")) == REFUSED
    assert ask(edged, path, "") == REFUSED


def test_a_token_of_another_project_is_refused(edged: Edged, path: str) -> None:
    assert ask(edged, path, edged.jobs["alpha"][1]) == LET_IN
    assert ask(edged, path, edged.jobs["beta"][1]) == 403
