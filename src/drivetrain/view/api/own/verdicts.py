"""What gates have said of models."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from drivetrain.registry.gates.model import Finding, Verdict  # noqa: TC001 - FastAPI reads annotations
from drivetrain.view.api.own.access import SiteOf  # noqa: TC001 - FastAPI reads annotations

router = APIRouter(tags=["gates"])
Number = Annotated[int, Query(ge=1, le=1000)]


class FindingShape(BaseModel):
    """One comparison."""

    rule: str
    outcome: str
    """`passed`, `failed`, or which case of something missing it is."""
    passed: bool
    candidate: float | None
    champion: float | None
    limit: float | None
    """What the candidate's value was held against."""
    reason: str


class VerdictShape(BaseModel):
    """What a gate said of a candidate."""

    id: int
    at: str
    gate: str
    candidate: str
    """NAME:VERSION."""
    champion: str
    """NAME:VERSION; empty for none."""
    passed: bool
    findings: list[FindingShape]
    rules: str
    """`sha256:...` of what was asked."""
    data_digest: str
    """`sha256:...` of the evaluation data; empty when there was none."""
    run: int | None
    """The pipeline run that asked."""
    step: str
    by: str
    promoted: str
    """The alias that the candidate got for it; empty for none."""


@router.get("/verdicts")
def list_verdicts(
    site: SiteOf,
    model: Annotated[str, Query(max_length=500)] = "",
    version: Annotated[str, Query(max_length=20)] = "",
    limit: Number = 200,
) -> list[VerdictShape]:
    """Verdicts, newest first; those on a `model`, on one `version` of it."""
    found = site.verdicts.of_model(model, version) if model else site.verdicts.latest(limit)
    return [_verdict(each) for each in found[:limit]]


@router.get("/verdicts/{verdict_id}")
def get_verdict(site: SiteOf, verdict_id: int) -> VerdictShape:
    """One of them."""
    return _verdict(site.verdicts.get(verdict_id))


@router.get("/runs/{run_id}/verdicts")
def list_verdicts_of_run(site: SiteOf, run_id: int) -> list[VerdictShape]:
    """Those that a run has asked for, the oldest first."""
    site.runs.timeline(run_id)  # 404 for a run that there is not
    return [_verdict(each) for each in site.verdicts.of_run(run_id)]


def _verdict(found: Verdict) -> VerdictShape:
    same = {name: getattr(found, name) for name in VerdictShape.model_fields if name not in ("findings", "run")}
    return VerdictShape(**same, run=found.run_id, findings=[_finding(each) for each in found.findings])


def _finding(found: Finding) -> FindingShape:
    return FindingShape(**{name: getattr(found, name) for name in FindingShape.model_fields})
