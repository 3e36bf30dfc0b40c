"""How a release is to go, as people say it: `10,50,100`. Pure."""

from __future__ import annotations

import math
import re

from drivetrain.errors import UserError
from drivetrain.serve.release.model import ReleasePlan, Step
from drivetrain.serve.rules.split import ALL

MOST_SECONDS = 24 * 3600.0
MOST_STEPS = 20
AT_ONCE = (Step(ALL, 0.0),)


def steps_of(text: str, seconds: float) -> tuple[Step, ...]:
    """`10,50,100`, each watched for so many seconds. Raises UserError."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"\d{1,3}%?", part) for part in parts):
        raise UserError(f"'{text[:80]}' are no steps", hint="percents that grow to 100, such as 10,50,100")
    return tuple(Step(int(part.rstrip("%")), seconds) for part in parts)


def checked_plan(plan: ReleasePlan) -> ReleasePlan:
    """The plan. Raises UserError when it would not end at 100, or not end at all."""
    percents = [step.percent for step in plan.steps]
    if not percents or percents != sorted({*percents}) or percents[0] < 1 or percents[-1] != ALL:
        shown = ",".join(str(percent) for percent in percents)
        raise UserError(f"steps of {shown or 'nothing'} do not lead to 100", hint="for example --steps 10,50,100")
    if len(percents) > MOST_STEPS:
        raise UserError(f"{len(percents)} steps are too many", hint=f"{MOST_STEPS} at most")
    watched = [*plan.steps, *([plan.mirror] if plan.mirror is not None else [])]
    if not all(math.isfinite(step.seconds) and 0 <= step.seconds <= MOST_SECONDS for step in watched):
        raise UserError("a step cannot be watched for so long", hint=f"0 to {MOST_SECONDS:.0f} seconds")
    if plan.mirror is not None and not 0 <= plan.mirror.percent <= ALL:
        raise UserError(f"{plan.mirror.percent}% cannot be mirrored", hint="0 to 100")
    return plan
