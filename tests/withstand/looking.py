"""What tests here look at: pages, JSON, and the memory of processes while something runs."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from drivetrain.wire.server_process import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import World

PATIENCE = 120.0
LOOK_SECONDS = 0.02


def page(world: World, path: str) -> str:
    """The text of a page or of an API's answer, asked for by the owner."""
    info = find(world.home)
    assert info is not None
    headers = {"Authorization": f"Bearer {world.home.token.read_text().strip()}"}
    with urllib.request.urlopen(urllib.request.Request(info.url + path, headers=headers), timeout=60) as answer:
        return str(answer.read().decode())


def peak(pid: int) -> int:
    """The most memory that a process ever had, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def peak_until(ended: Callable[[], bool], pid: int) -> int:
    """The most memory in MB that the process or a child of it (a runner) has until `ended`."""
    most, deadline = 0, time.monotonic() + PATIENCE
    while not ended():
        assert time.monotonic() < deadline, f"it has not ended within {PATIENCE:.0f} s"
        most = max(most, peak(pid), *(peak(child) for child in children(pid)))
        time.sleep(LOOK_SECONDS)
    return max(most, peak(pid))


def children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def lives(pid: int) -> bool:
    """Whether a process is there, and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
