"""Whose files a model may be made of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.arm.model_sources import check_source
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind

if TYPE_CHECKING:
    from drivetrain.record.tracking.service import Tracking

THEIRS = "m-" + "0" * 32


class Known:
    """MLflow with a run of each project, and a logged model of the project `theirs`."""

    async def flush(self) -> None:
        pass

    async def ask(self, operation: str, arguments: dict[str, str]) -> dict[str, Any] | None:
        name = arguments.get("run_id", "theirs" if operation == f"logged-models/{THEIRS}" else "")
        tags = [{"key": "drivetrain.project", "value": name}]
        if name not in {"mine", "theirs"}:
            return None
        return {"run": {"data": {"tags": tags}}, "model": {"info": {"tags": tags}}}


def check(uri: str, kind: PrincipalKind = PrincipalKind.JOB) -> None:
    asyncio.run(check_source(cast("Tracking", Known()), Principal(kind, "a job", "mine"), uri))


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow-artifacts:/1/theirs/artifacts/model",
        f"mlflow-artifacts:/1/models/{THEIRS}/artifacts",
        f"models:/{THEIRS}",
        "runs:/theirs/model",
    ],
)
def test_files_of_another_project_make_no_model(uri: str) -> None:
    with pytest.raises(NotFoundError, match="belongs to another project"):
        check(uri)
    check(uri, PrincipalKind.OWNER)


@pytest.mark.parametrize("uri", ["mlflow-artifacts:/1/mine/artifacts/model", "runs:/mine/model", "https://a.example/m"])
def test_its_own_and_what_lies_elsewhere_may_be_named(uri: str) -> None:
    check(uri)
