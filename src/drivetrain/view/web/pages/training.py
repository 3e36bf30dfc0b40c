"""Training runs across pipeline runs, so that two builds stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.api.own.translate import mlflow_page
from drivetrain.view.web.comparison import experiments
from drivetrain.view.web.pages.base import render, site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NEWEST = 200


def show(request: Request) -> Response:
    """The newest training runs, by experiment."""
    sort = request.query_params.get("sort", "")
    found = experiments(
        site(request).training.latest(NEWEST), sort, descending=request.query_params.get("order") != "asc"
    )
    return render(request, "training.html", experiments=found, mlflow_page=mlflow_page)
