from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from tests.unit.run.checks.checks_bench import ChecksBench

FRIDAY_MORNING = datetime(2026, 1, 2, 8, 59, tzinfo=UTC)


def test_a_stage_waits_for_the_hours_to_begin(bench: ChecksBench) -> None:
    bench.add("businessHours")
    bench.clock.at = FRIDAY_MORNING
    run, plan = bench.run()
    gate = bench.look(run, plan)
    assert (gate.open, gate.look_again) == (False, "2026-01-02T09:00:00.000Z")
    assert "business hours begin Friday 2026-01-02 09:00 UTC" in gate.reason
    bench.later(minutes=1)
    assert bench.look(run, plan).open


def test_a_weekend_is_waited_for_to_be_over(bench: ChecksBench) -> None:
    bench.add("businessHours", timeout=7 * 1440)
    bench.clock.at = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
    run, plan = bench.run()
    assert bench.look(run, plan).look_again == "2026-01-05T09:00:00.000Z"


def test_hours_are_those_of_a_time_zone(bench: ChecksBench) -> None:
    bench.add("businessHours", timeZone="America/New_York", start="08:30", end="10:00", days=["Friday"])
    bench.clock.at = datetime(2026, 1, 2, 13, 29, tzinfo=UTC)
    run, plan = bench.run()
    assert not bench.look(run, plan).open
    bench.later(minutes=1)
    assert bench.look(run, plan).open


def test_a_night_goes_on_into_the_next_day(bench: ChecksBench) -> None:
    bench.add("businessHours", start="22:00", end="02:00", days=["Friday"])
    bench.clock.at = datetime(2026, 1, 3, 1, 59, tzinfo=UTC)
    run, plan = bench.run()
    assert bench.look(run, plan).open
    bench.later(minutes=1)
    assert not bench.look(run, plan, attempt=2).open


def test_the_clock_that_is_put_forward_leaves_the_window_where_it_is(bench: ChecksBench) -> None:
    bench.add("businessHours", timeZone="Europe/Berlin", start="02:30", end="04:00", days=["Sunday"])
    bench.clock.at = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)  # 01:59; at 01:00 UTC it becomes 03:00
    run, plan = bench.run()
    assert not bench.look(run, plan).open
    bench.later(minutes=31)
    assert bench.look(run, plan).open


def test_hours_that_end_while_another_check_waits_are_waited_for_again(bench: ChecksBench) -> None:
    bench.add("businessHours", timeout=7 * 1440)
    bench.approval("ben")
    bench.clock.at = datetime(2026, 1, 2, 16, 59, tzinfo=UTC)
    run, plan = bench.run()
    gate = bench.look(run, plan)
    assert (gate.open, gate.look_again) == (False, "2026-01-02T17:00:00.000Z")
    bench.later(hours=2)
    bench.decide(run, "ben")
    gate = bench.look(run, plan)
    assert (gate.open, gate.look_again) == (False, "2026-01-05T09:00:00.000Z")
    bench.later(hours=63)
    assert bench.look(run, plan).open


def test_a_stage_that_has_not_begun_when_the_time_is_over_fails(bench: ChecksBench) -> None:
    bench.add("businessHours", timeout=60, days=["Monday"])
    bench.clock.at = FRIDAY_MORNING
    run, plan = bench.run()
    assert bench.look(run, plan).look_again == "2026-01-02T09:59:00.000Z"
    bench.later(hours=1)
    assert bench.look(run, plan).result is Result.FAILED


def test_an_approval_that_takes_longer_than_the_hours_may_wait_fails_the_stage(bench: ChecksBench) -> None:
    bench.add("businessHours", timeout=60)
    bench.approval("ben")
    bench.clock.at = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
    run, plan = bench.run()
    assert bench.look(run, plan).result is None
    bench.later(hours=1)
    assert bench.look(run, plan).result is Result.FAILED


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"days": []}, "days"),
        ({"days": ["Someday"]}, "days"),
        ({"start": "9"}, "start"),
        ({"end": "24:00"}, "end"),
        ({"start": "10:00", "end": "10:00"}, "end"),
        ({"timeZone": "Europe/Nowhere"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"timeZone": ""}, "timeZone"),
        ({"timeout": -1}, "timeout"),
    ],
)
def test_a_wrong_setting_is_named(bench: ChecksBench, settings: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=f"^{named}: "):
        bench.add("businessHours", **settings)
