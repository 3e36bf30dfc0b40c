"""The runs that have led to a run: a circle of pipelines that start each other would go on for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.source.events import PipelineCompleted, WebhookPosted

if TYPE_CHECKING:
    from drivetrain.run.ports import RunStore

LONGEST = 50


def chain(runs: RunStore, run_id: int) -> set[int | None]:
    """The projects whose runs have led to this one, its own included."""
    found: set[int | None] = set()
    at: int | None = run_id
    for _ in range(LONGEST):
        if at is None:
            break
        try:
            run = runs.get(at)
        except NotFoundError:
            break
        found.add(run.project_id)
        at = run.cause.run_id if isinstance(run.cause, PipelineCompleted | WebhookPosted) else None
    return found
