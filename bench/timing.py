"""Timing whole commands fairly: in turn (A B A B ...), after a warm-up, medians."""

from __future__ import annotations

import statistics
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_turn(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """The median of each action in seconds, each run once for warming, then in turn."""
    for action in actions:
        action()
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for slot, action in zip(times, actions, strict=True):
            slot.append(seconds(action))
    return [statistics.median(slot) for slot in times]


def command(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> Callable[[], None]:
    """An action that runs a program to its end and insists on its exit code."""

    def run() -> None:
        done = subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, check=False)
        if done.returncode not in codes:
            raise SystemExit(f"{arguments}: exit {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")

    return run
