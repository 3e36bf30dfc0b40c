"""What starts the front of an endpoint again, on small programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from drivetrain.wire.serving import guard as module
from drivetrain.wire.serving.guard import guard

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
with open(sys.argv[1], "a") as file:
    file.write("x")
if os.path.getsize(sys.argv[1]) < 4:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("drivetrain.wire.serving.guard.time.sleep", found.append)
    return found


@pytest.mark.parametrize("code", [0, 3])
def test_what_was_killed_is_started_again_until_it_ends_by_itself(
    tmp_path: Path, slept: list[float], code: int
) -> None:
    assert guard([sys.executable, "-c", KILLED, str(tmp_path / "starts"), str(code)]) == code
    assert (tmp_path / "starts").read_text() == "xxxx"
    assert slept == [0.5, 1.0]  # at once after the first time


def test_what_had_started_well_is_started_again_however_it_ends(
    tmp_path: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_SECONDS", 0.0)
    counts = "import os, sys; open(sys.argv[1], 'a').write('x'); sys.exit(1 if os.path.getsize(sys.argv[1]) < 3 else 0)"
    assert guard([sys.executable, "-c", counts, str(tmp_path / "starts")]) == 0
    assert ((tmp_path / "starts").read_text(), slept) == ("xxx", [])
