"""The moments that a cron expression matches, on the wall clocks of a time zone.

As Debian's cron does: what would fall into the hour that clocks leave out comes right after it, and what would come
twice in the hour that they repeat comes once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from datetime import datetime

FIELDS = 5


def check_cron(expression: str, moment: datetime) -> None:
    """Raise UserError when it is no cron expression of five fields, or one that never matches after this moment."""
    if len(expression.split()) != FIELDS:
        raise UserError(f"'{expression[:100]}' is no cron expression: minute, hour, day, month, day of the week")
    try:
        found = next(CronSim(expression, moment), None)
    except CronSimError as error:
        raise UserError(f"'{expression[:100]}' is no cron expression: {str(error).lower()}") from error
    if found is None:
        raise UserError(f"the cron expression '{expression[:100]}' never matches")


def after_cron(expression: str, moment: datetime) -> datetime | None:
    """The first match after a moment, which says the time zone that is meant; None when there is none."""
    return next(CronSim(expression, moment), None)
