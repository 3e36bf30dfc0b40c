"""Registered models: versions and where they come from, side by side, their lines, and promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from drivetrain.errors import NotFoundError
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.models.compare import compare

if TYPE_CHECKING:
    from drivetrain.registry.versions.model import DataAsset, LineageNode, ModelVersion, Promotion
    from drivetrain.registry.versions.ports import Models
    from drivetrain.view.models.ports import Lineages

router = APIRouter(tags=["models"])
Name = Annotated[str, Path(max_length=256)]
Version = Annotated[str, Path(pattern=r"^[0-9]{1,9}$")]
MOST = 1000


class DataShape(BaseModel):
    """Data that a version was trained on."""

    name: str
    version: str
    digest: str
    source: str
    context: str


class VersionShape(BaseModel):
    """A version, and where it comes from. What is not known is empty."""

    name: str
    version: str
    project: str
    created_at: str
    by: str
    run_id: int | None
    run_number: str
    job: str
    repository: str
    branch: str
    commit: str
    dirty: bool | None
    training_run: str
    params: dict[str, str]
    metrics: dict[str, float | None]
    """`null` for what is no number."""
    data: list[DataShape]
    python: str
    packages: dict[str, str]
    digest: str
    size: int
    files: dict[str, str]
    signature: dict[str, Any]
    flavors: list[str]
    aliases: list[str]
    stage: str
    description: str
    tags: dict[str, str]
    reproduces: str


class ModelShape(BaseModel):
    """A model with its versions, the newest first."""

    name: str
    versions: list[VersionShape]


class ModelsShape(BaseModel):
    """Every registered model."""

    models: list[ModelShape]


class PromotionShape(BaseModel):
    """An alias was given, or taken away (no version)."""

    id: int
    at: str
    model: str
    alias: str
    version: str
    before: str
    by: str
    run_id: int | None
    reason: str


class PromotionsShape(BaseModel):
    """The newest first."""

    promotions: list[PromotionShape]


class MetricShape(BaseModel):
    """A metric of two versions; `mark` says how the second stands to the first."""

    name: str
    one: float | None
    two: float | None
    direction: str
    mark: str


class ParamShape(BaseModel):
    """A parameter of two versions."""

    name: str
    one: str | None
    two: str | None
    same: bool


class ComparisonShape(BaseModel):
    """Two versions side by side."""

    one: VersionShape
    two: VersionShape
    metrics: list[MetricShape]
    params: list[ParamShape]


class NodeShape(BaseModel):
    """One thing in the line from a commit to what is live."""

    kind: str
    id: str
    title: str
    note: str
    children: list[NodeShape]


class LineageShape(BaseModel):
    """A tree for each commit."""

    trees: list[NodeShape]


class Promote(BaseModel):
    """Who is to have the alias; an empty version takes it away."""

    version: str = Field(pattern=r"^[0-9]{0,9}$")
    reason: str = Field(default="", max_length=1000)


def _models(site: SiteOf) -> Models:
    if site.registry is None:
        raise NotFoundError("there are no models here")
    return site.registry.models


def _lineages(site: SiteOf) -> Lineages:
    if site.registry is None or site.registry.lineages is None:
        raise NotFoundError("there are no models here")
    return site.registry.lineages


@router.get("/models")
def models(site: SiteOf) -> ModelsShape:
    """Every registered model with its versions."""
    found = (ModelShape(name=name, versions=_versions(site, name)) for name in _models(site).names())
    return ModelsShape(models=list(found))


@router.get("/models/{name}")
def model(site: SiteOf, name: Name) -> ModelShape:
    """One model with its versions."""
    return ModelShape(name=name, versions=_versions(site, name))


def _versions(site: SiteOf, name: str) -> list[VersionShape]:
    return [_version(each) for each in _models(site).versions(name)]


@router.get("/models/{name}/versions/{version}")
def one_version(site: SiteOf, name: Name, version: Version) -> VersionShape:
    """One version."""
    return _version(_models(site).find(f"{name}:{version}"))


@router.get("/models/{name}/compare")
def two_versions(
    site: SiteOf, name: Name, one: Annotated[str, Query(max_length=300)], two: Annotated[str, Query(max_length=300)]
) -> ComparisonShape:
    """Two versions side by side; each a number, or @ALIAS."""
    references = (f"{name}{each}" if each.startswith("@") else f"{name}:{each}" for each in (one, two))
    found = compare(*(_models(site).find(each) for each in references))
    return ComparisonShape(
        one=_version(found.one),
        two=_version(found.two),
        metrics=[
            MetricShape(
                name=each.name, one=_finite(each.one), two=_finite(each.two), direction=each.direction, mark=each.mark
            )
            for each in found.metrics
        ],
        params=[ParamShape(name=each.name, one=each.one, two=each.two, same=each.same) for each in found.params],
    )


@router.get("/models/{name}/promotions")
def promotions(site: SiteOf, name: Name, limit: Annotated[int, Query(ge=1, le=MOST)] = 200) -> PromotionsShape:
    """Which version has had which alias."""
    return PromotionsShape(promotions=[_promotion(each) for each in _models(site).promotions(name, limit=limit)])


@router.post("/models/{name}/aliases/{alias}", dependencies=[OwnPagesOnly])
def promote(site: SiteOf, name: Name, alias: Annotated[str, Path(max_length=255)], wanted: Promote) -> PromotionShape:
    """Give a version an alias, or take it away: pipelines that name the webhook `drivetrain-models` are started."""
    return _promotion(_models(site).set_alias(name, alias, wanted.version, by=site.owner, reason=wanted.reason))


@router.get("/lineage")
def lineage(site: SiteOf, of: Annotated[str, Query(max_length=300)]) -> LineageShape:
    """The line of NAME, NAME:VERSION, NAME@ALIAS, or a commit."""
    return LineageShape(trees=[_node(each) for each in _lineages(site).of(of)])


def _version(value: ModelVersion) -> VersionShape:
    return VersionShape(
        name=value.name,
        version=value.version,
        project=value.project,
        created_at=value.created_at,
        by=value.by,
        run_id=value.run_id,
        run_number=value.run_number,
        job=value.job,
        repository=value.repository,
        branch=value.branch,
        commit=value.commit,
        dirty=value.dirty,
        training_run=value.training_run,
        params=dict(value.params),
        metrics={name: _finite(number) for name, number in value.metrics.items()},
        data=[_data(each) for each in value.data],
        python=value.python,
        packages=dict(value.packages),
        digest=value.digest,
        size=value.size,
        files=dict(value.files),
        signature=dict(value.signature),
        flavors=list(value.flavors),
        aliases=list(value.aliases),
        stage=value.stage,
        description=value.description,
        tags=dict(value.tags),
        reproduces=value.reproduces,
    )


def _finite(number: float | None) -> float | None:
    """JSON has no other numbers."""
    return number if number is not None and abs(number) < float("inf") else None


def _data(value: DataAsset) -> DataShape:
    return DataShape(
        name=value.name, version=value.version, digest=value.digest, source=value.source, context=value.context
    )


def _promotion(value: Promotion) -> PromotionShape:
    return PromotionShape(
        id=value.id,
        at=value.at,
        model=value.model,
        alias=value.alias,
        version=value.version,
        before=value.before,
        by=value.by,
        run_id=value.run_id,
        reason=value.reason,
    )


def _node(value: LineageNode) -> NodeShape:
    return NodeShape(
        kind=value.kind,
        id=value.id,
        title=value.title,
        note=value.note,
        children=[_node(each) for each in value.children],
    )
