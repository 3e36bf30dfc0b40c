from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.gatekeeper import StoreGatekeeper
from drivetrain.run.engine import DRIVER_LOCK
from drivetrain.wire.driven import is_driven
from tests.unit.run.checks.checks_bench import ChecksBench

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_is_driven_while_somebody_holds_its_lock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not is_driven(home, 1)
    home.run(1).mkdir(parents=True)
    with (home.run(1) / DRIVER_LOCK).open("wb") as lock:
        assert not is_driven(home, 1)
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert is_driven(home, 1)
        assert is_driven(home, 1), "looking takes nothing away"
    assert not is_driven(home, 1)


def test_who_waits_for_a_lock_is_told_when_nobody_drives_its_holder(tmp_path: Path) -> None:
    bench = ChecksBench(tmp_path)
    bench.add("exclusiveLock")
    calls = Calls(bench.checks, bench.clock, bench.vault.open)
    bench.gates = StoreGatekeeper(bench.checks, bench.clock, calls, driven=lambda _: False)
    first, second = bench.run(), bench.run()
    assert bench.look(*first).open
    reason = bench.look(*second).reason
    assert "run 1, stage Deploy, has it, and nobody drives that run: drivetrain up brings it to its end" in reason
