"""A schedule, read: when it is due, and the job that it makes then.

https://learn.microsoft.com/rest/api/azureml/schedules/create-or-update
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.definition.azureml.schedule import read_trigger
from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.errors import UserError
from drivetrain.registry.model import Asset
from drivetrain.source.triggers.cron import check_cron
from drivetrain.source.triggers.due import next_due
from drivetrain.source.triggers.model import Cron, Trigger

_BEFORE = timedelta(microseconds=1)
_TRIGGER_TIME, _NAME = "${{creation_context.trigger_time}}", "${{name}}"


class Schedule(Struct, frozen=True):
    """A schedule that makes jobs."""

    trigger: Trigger
    enabled: bool
    job: Mapping[str, Any]
    """`properties` of the job; with `sourceJobId` only what differs from that job."""

    def next(self, after: datetime) -> datetime | None:
        """When it is due next; None for never."""
        return next_due(self.trigger, after) if self.enabled else None


def read_schedule(properties: Mapping[str, Any], created: datetime) -> Schedule:
    """A schedule from its body; `created` is when it was made first, which is its start where it names none. Raises
    UserError that names the field.
    """
    fields = Spelled(properties, "properties")
    trigger = read_trigger(properties, created)
    if isinstance(trigger.rule, Cron):
        check_cron(trigger.rule.expression, created)
    if trigger.end is not None and trigger.end < trigger.start:
        raise UserError("properties.trigger.endTime is before its start")
    action = fields.object("action")
    kind = action.text("actionType")
    if kind != "CreateJob":
        raise UserError(f"{action.path}.actionType: '{kind[:60]}' cannot be carried out here, only CreateJob")
    job = action.raw("jobDefinition")
    if not isinstance(job, dict):
        raise action.wrong("jobDefinition", "an object")
    return Schedule(trigger, fields.flag("isEnabled", default=True), job)


def of_asset(asset: Asset) -> Schedule:
    """A schedule that is kept. Raises UserError."""
    return read_schedule(asset.body.get("properties") or {}, made_at(asset))


def made_at(asset: Asset) -> datetime:
    """When it was made first."""
    return parse_timestamp(asset.created_at).astimezone(UTC)


def first_due(schedule: Schedule, asset: Asset, now: datetime, *, new: bool) -> datetime | None:
    """When a schedule that was put is due. One without a start that is new is due at once, if it counts from its start:
    that is its first time.
    """
    return schedule.next(made_at(asset) - _BEFORE if new else now)


def job_name(schedule: str, due: datetime) -> str:
    """What the job is called that is made at a time: the same time never makes two.

    https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job#query-triggered-jobs-from-a-schedule
    """
    return f"{schedule}-{due.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def job_properties(schedule: Schedule, source: Mapping[str, Any], name: str, due: datetime) -> dict[str, Any]:
    """`properties` of the job that is made. `source` is the job that the schedule repeats, empty for none; what the
    schedule says comes before it, input by input.
    """
    said = {key: value for key, value in schedule.job.items() if key != "sourceJobId" and value not in (None, "")}
    found: dict[str, Any] = {**source, **said}
    for key in ("inputs", "outputs", "settings"):
        if isinstance(source.get(key), dict):
            found[key] = {**source[key], **(said.get(key) or {})}
    for key in ("inputs", "outputs"):
        found[key] = _filled(found.get(key), name, due)
    found["displayName"] = found.get("displayName") or name
    return {key: value for key, value in found.items() if value is not None}


def _filled(value: Any, name: str, due: datetime) -> Any:
    """JSON in which expressions for the job's name and time are replaced."""
    if isinstance(value, dict):
        return {key: _filled(item, name, due) for key, item in value.items()}
    if isinstance(value, str):
        moment = due.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return value.replace(_TRIGGER_TIME, moment).replace(_NAME, name)
    return value
