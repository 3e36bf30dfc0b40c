"""The first page: what is live, since when, from which commit, by whose decision, and how it is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import DrivetrainError
from drivetrain.registry.versions.model import CHALLENGER, CHAMPION
from drivetrain.run.checks.approval import who_is_missing
from drivetrain.view.models.finding import finder
from drivetrain.view.ports import RunFilter
from drivetrain.view.serving.looks import release_look
from drivetrain.view.serving.rows import rows
from drivetrain.view.web.pages.base import render, site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.view.models.ports import Registry

RUNS = 6
MODELS = 50


class ModelRow(Struct, frozen=True):
    """A model with the versions that matter."""

    name: str
    newest: ModelVersion | None
    champion: ModelVersion | None
    challenger: ModelVersion | None
    count: int


def show(request: Request) -> Response:
    """The overview."""
    services = site(request)
    now = services.clock.now()
    endpoints = rows(services.serves, finder(services.registry), now) if services.serves else []
    models = model_rows(services.registry)
    return render(
        request,
        "overview.html",
        rows=endpoints,
        runs=services.runs.runs(RunFilter(limit=RUNS)),
        waiting=services.desk.waiting(),
        who=who_is_missing,
        models=models[:MODELS],
        more_models=max(0, len(models) - MODELS),
        release_look=release_look,
    )


def model_rows(registry: Registry | None) -> list[ModelRow]:
    """Every model; none where there is no registry, or it does not answer."""
    if registry is None:
        return []
    try:
        return [model_row(name, registry.models.versions(name)) for name in registry.models.names()]
    except DrivetrainError:
        return []


def model_row(name: str, versions: Sequence[ModelVersion]) -> ModelRow:
    """One model; `versions` are the newest first."""

    def with_alias(alias: str) -> ModelVersion | None:
        return next((each for each in versions if alias in each.aliases), None)

    newest = versions[0] if versions else None
    return ModelRow(name, newest, with_alias(CHAMPION), with_alias(CHALLENGER), len(versions))
