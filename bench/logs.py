"""Throughput of a step's log: a program's output through masking to the disk, and the memory that it takes."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figure import Figure
from drivetrain.run.runner.log import LogFile, StepLog
from drivetrain.run.runner.mask import Masker

SECRETS = (
    "hunter2-hunter2",
    "p@ss w/rd+1",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "s3cr3t!",
)
LINE = b"2026-11-23T15:18:54 INFO epoch %06d/100000 loss=0.12345 val_loss=0.23456 lr=1e-4 gradient norm 12.5\n"
CHUNK = 64 << 10
MEGABYTES = 256
GIGABYTE = 1 << 30
PROMISED = 50.0
PROMISED_GROWTH = 16.0


def _chunk() -> bytes:
    return b"".join(LINE % number for number in range(CHUNK // len(LINE % 0) + 1))[:CHUNK]


def write(path: Path, size: int) -> float:
    """Megabytes a second of processor time of this one thread."""
    masker, chunk = Masker(), _chunk()
    masker.add(*SECRETS)
    log = StepLog(LogFile(path), masker, lambda _: None)
    begun = time.process_time()
    for _ in range(size // CHUNK):
        log.output.feed(chunk)
    log.close()
    return size / 1e6 / (time.process_time() - begun)


def _growth() -> float:
    """Megabytes by which a process grows while 1 GB passes."""
    code = "import sys, bench.logs as b; print(b.grow())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    return float(done.stdout)


def grow() -> float:
    """Run in a process of its own: the peak after 1 GB less the peak after 16 MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "001.log")
        write(path, 16 << 20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        write(path, GIGABYTE)
        assert os.stat(path).st_size > GIGABYTE * 0.99  # noqa: PTH116
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def measure() -> list[Figure]:
    """The figures of the log."""
    with tempfile.TemporaryDirectory() as folder:
        speed = statistics.median(write(Path(folder, "001.log"), MEGABYTES << 20) for _ in range(3))
    return [
        Figure(
            name="log through masking to disk",
            value=speed,
            unit="MB/s",
            baseline_name="promised, with 5 secrets on one core",
            baseline=PROMISED,
            limit=1.0,
            at_least=True,
        ),
        Figure(
            name="memory that 1 GB of log takes",
            value=max(_growth(), 0.1),
            unit="MB",
            baseline_name="promised",
            baseline=PROMISED_GROWTH,
            limit=1.0,
        ),
    ]


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name}: {figure.value:.1f} {figure.unit} ({'kept' if figure.passed else 'NOT KEPT'})")
