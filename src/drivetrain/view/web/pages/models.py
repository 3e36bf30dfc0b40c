"""Models: all of them, one with its versions, two versions side by side, one version with where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry.versions.model import CHALLENGER, CHAMPION
from drivetrain.view.keys import key
from drivetrain.view.models.lineage import graph
from drivetrain.view.models.metric_lines import metric_lines
from drivetrain.view.models.rows import side_by_side
from drivetrain.view.serving.live import lowered
from drivetrain.view.verdicts import failures
from drivetrain.view.web.pages.base import form, render, site
from drivetrain.view.web.pages.overview import model_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.registry.versions.model import LineageNode, ModelVersion
    from drivetrain.view.models.ports import Registry

PAGE = 50
PROMOTIONS = 100
VERDICTS = 50
FILES = 500
LONGEST_REASON = 1000
ALIASES = (CHAMPION, CHALLENGER)


def show_all(request: Request) -> Response:
    """All models."""
    registry = site(request).registry
    names = registry.models.names() if registry else ()
    rows = [model_row(name, registry.models.versions(name)) for name in names] if registry else []
    return render(request, "models.html", rows=rows, live=_deployed(request))


def show(request: Request) -> Response:
    """One model."""
    registry, name = _registry(request), _name(request)
    versions = registry.models.versions(name)
    page = _page(request)
    shown = versions[(page - 1) * PAGE : page * PAGE]
    return render(
        request,
        "model.html",
        name=name,
        row=model_row(name, versions),
        versions=shown,
        page=page,
        more=len(versions) > page * PAGE,
        metrics=_columns(shown),
        lines=metric_lines(versions),
        promotions=registry.models.promotions(name, limit=PROMOTIONS),
        verdicts=registry.verdicts.of_model(name)[:VERDICTS],
        why=failures,
        live=_deployed(request),
        aliases=ALIASES,
    )


def _columns(versions: Sequence[ModelVersion], most: int = 6) -> list[str]:
    """The metrics that most of the versions have."""
    counts: dict[str, int] = {}
    for version in versions:
        for name in version.metrics:
            counts[name] = counts.get(name, 0) + 1
    return sorted(sorted(counts, key=lambda name: (-counts[name], name))[:most])


def compare(request: Request) -> Response:
    """Two versions side by side."""
    registry, name = _registry(request), _name(request)
    chosen = request.query_params.getlist("version")
    if len(chosen) != 2:  # noqa: PLR2004 - side by side
        raise UserError("two versions are compared", hint="choose exactly two on the model's page")
    # The older one is on the left, whatever the order in which they were chosen.
    found = sorted((_find(registry, name, each) for each in chosen), key=lambda each: (each.created_at, each.version))
    left, right = found
    return render(
        request, "model_compare.html", name=name, left=left, right=right, parts=side_by_side(left, right),
    )  # fmt: skip


def version(request: Request) -> Response:
    """One version."""
    registry, name = _registry(request), _name(request)
    found = _find(registry, name, request.path_params["version"])
    deployed = _deployed(request).get(found.reference, [])
    page = f"/mlflow/#/models/{key(name)}"
    return render(
        request,
        "model_version.html",
        name=name,
        model=found,
        graph=graph(_line(registry, found.reference), found.reference),
        deployed=deployed,
        mlflow=page,
        files=sorted(found.files.items())[:FILES],
        promotions=[
            each
            for each in registry.models.promotions(name, limit=PROMOTIONS)
            if found.version in {each.version, each.before}
        ],
        verdicts=registry.verdicts.of_model(name, found.version)[:VERDICTS],
        why=failures,
        aliases=ALIASES,
    )


async def promote(request: Request) -> Response:
    """Give a version an alias, or take it away; then the page that asked."""
    fields = await form(request)
    registry, name = _registry(request), _name(request)
    alias, wanted = fields.get("alias", ""), fields.get("version", "")
    if alias not in ALIASES:
        raise UserError(f"{alias[:100]!r} is no alias that this page gives", hint=f"one of {', '.join(ALIASES)}")
    reason = fields.get("reason", "").strip()[:LONGEST_REASON]
    await run_in_threadpool(
        lambda: registry.models.set_alias(name, alias, wanted, by=site(request).owner, reason=reason)
    )
    back = (
        f"/models/{key(name)}/versions/{key(wanted)}"
        if fields.get("back") == "version" and wanted
        else f"/models/{key(name)}"
    )
    return RedirectResponse(back, status_code=303)


def lineage(request: Request) -> Response:
    """The lines of a model, a version or a commit."""
    wanted = request.query_params.get("of", "").strip()[:LONGEST_REASON]
    trees = _line(_registry(request), wanted) if wanted else ()
    return render(request, "lineage.html", wanted=wanted, graph=graph(trees, wanted) if trees else None)


def _line(registry: Registry, wanted: str) -> Sequence[LineageNode]:
    """Raises NotFoundError, UserError."""
    return registry.lineages.of(wanted) if registry.lineages is not None else ()


def _registry(request: Request) -> Registry:
    registry = site(request).registry
    if registry is None:
        raise NotFoundError("this server keeps no models", hint="drivetrain up starts one that does")
    return registry


def _name(request: Request) -> str:
    for name in _registry(request).models.names():
        if key(name) == request.path_params["model"]:
            return name
    raise NotFoundError("there is no such model", hint="the list of models shows those that there are")


def _find(registry: Registry, name: str, wanted: str) -> ModelVersion:
    for each in registry.models.versions(name):
        if wanted in {each.version, key(each.version)}:
            return each
    raise NotFoundError(f"{name} has no version {wanted[:50]}", hint="the model's page shows those that there are")


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1  # noqa: PLR2004


class Deployed(Struct, frozen=True):
    """A deployment that has a version now."""

    endpoint: str
    deployment: str
    percent: int


def _deployed(request: Request) -> dict[str, list[Deployed]]:
    """Where each version is deployed, by NAME:VERSION."""
    serves = site(request).serves
    found: dict[str, list[Deployed]] = {}
    for endpoint in serves.endpoints.all() if serves else ():
        traffic = lowered(endpoint.traffic)
        for each in serves.endpoints.deployments(endpoint.name) if serves else ():
            if each.spec.model:
                deployed = Deployed(endpoint.name, each.name, traffic.get(each.name.lower(), 0))
                found.setdefault(each.spec.model, []).append(deployed)
    return found
