"""Approvals and checks: what waits, decisions, and what is set at resources."""

from __future__ import annotations

from fastapi import APIRouter

from drivetrain.run.checks.resource import resource_of
from drivetrain.view.api.own import gate_translate as translate
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.gate_shapes import (
    AnswerShape,
    CheckPage,
    CheckShape,
    NewCheckShape,
    QuestionsShape,
    WaitingPage,
)
from drivetrain.view.ports import Answer

router = APIRouter(tags=["approvals"])


@router.get("/approvals")
def list_waiting(site: SiteOf) -> WaitingPage:
    """Everything that waits for a decision, oldest first."""
    return WaitingPage(approvals=[translate.waiting(each) for each in site.desk.waiting()])


@router.get("/runs/{run_id}/approvals")
def get_questions(site: SiteOf, run_id: int) -> QuestionsShape:
    """The checks of a run's stages, and what was asked of people in it."""
    found = site.desk.of_run(run_id)
    if not found.gates and not found.approvals:
        site.runs.timeline(run_id)  # of a run that was deleted, what was decided stays known
    return translate.questions(found)


@router.post("/runs/{run_id}/approvals", dependencies=[OwnPagesOnly])
def decide(site: SiteOf, run_id: int, answer: AnswerShape) -> QuestionsShape:
    """Approve or reject what waits in a run; saying the same again is harmless."""
    by = answer.by or site.owner
    wanted = Answer(answer.approve, by, answer.comment, answer.stage, answer.approval, site.owner)
    site.desk.decide(run_id, wanted)
    return translate.questions(site.desk.of_run(run_id))


@router.get("/checks")
def list_checks(site: SiteOf, resource: str = "", project: str = "") -> CheckPage:
    """Every check, or those that are set at a resource such as `environment:staging`."""
    wanted = resource_of(resource, project) if resource else None
    return CheckPage(checks=[translate.check(each) for each in site.desk.checks(wanted)])


@router.post("/checks", status_code=201, dependencies=[OwnPagesOnly])
def add_check(site: SiteOf, wanted: NewCheckShape) -> CheckShape:
    """Set a check at a resource."""
    resource = resource_of(wanted.resource, wanted.project)
    return translate.check(site.desk.add(resource, wanted.type, wanted.settings, by=site.owner))


@router.post("/checks/{check_id}/remove", dependencies=[OwnPagesOnly])
def remove_check(site: SiteOf, check_id: int) -> CheckShape:
    """Take a check away; a stage that waits for it already goes on waiting."""
    return translate.check(site.desk.remove(check_id))
