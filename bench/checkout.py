"""The checkout step of a job, of a repository that a mirror has, beside `git worktree add` of the same commit.

The step counts from its start to its end, as the journal of a real runner has them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.figure import Figure
from drivetrain.clock import parse_timestamp
from drivetrain.plan.model import StepPlan
from drivetrain.run.journal import read_journal
from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.source.git import Git
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1.3
SIZES = {"20 files": (20, 31), "100,000 files": (100_000, 5)}
"""How many files, and how often each way is measured."""
CHECKOUT = StepPlan(name="checkout", display_name="Checkout", task="Checkout@1", inputs={"repository": "self"})
FILE = b"some line of code\n" * 20


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="drivetrain-bench-") as name:
        return [_figure(Path(name, str(count)), title, count, rounds) for title, (count, rounds) in SIZES.items()]


def _figure(folder: Path, title: str, count: int, rounds: int) -> Figure:
    source = _source(folder, count)
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds + 1):  # in turn; the first of each only warms up
        os.sync()
        theirs.append(_worktree(source, folder / "worktree"))
        os.sync()
        ours.append(_step(source, folder / "home" / "runs" / str(number) / "s.j.1"))
    # A journal's times are whole milliseconds: a plain median of them jumps by as much.
    baseline, value = statistics.median(theirs[1:]), statistics.median_grouped(ours[1:], 0.001)
    note = f"{rounds} of each, in turn"
    return Figure(f"checkout of {title}", value, "s", "`git worktree add`", baseline, LIMIT, note=note)


def _source(folder: Path, count: int) -> RepositorySource:
    origin = folder / "origin.git"
    origin.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", origin], check=True)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=origin, input=b"".join(_history(count)), check=True)
    mirror = Git(folder / "home" / "mirrors").mirror(origin.as_uri())
    sha = subprocess.run(["git", "rev-parse", "main"], cwd=origin, capture_output=True, text=True, check=True).stdout
    return RepositorySource("origin", origin.as_uri(), str(mirror), "refs/heads/main", Commit(sha.strip()))


def _history(count: int) -> Iterator[bytes]:
    yield b"commit refs/heads/main\ncommitter Ada <ada@example.org> 0 +0000\ndata 1\nx\n"
    for number in range(count):
        text = b"%d\n" % number + FILE
        yield b"M 100644 inline %d/%d/%d.py\ndata %d\n" % (number // 1000, number // 100 % 10, number, len(text))
        yield text + b"\n"


def _worktree(source: RepositorySource, folder: Path) -> float:
    started = time.perf_counter()
    words = ["git", "worktree", "add", "--quiet", "--detach", str(folder), source.commit.sha]
    subprocess.run(words, cwd=source.fetch_from, check=True)
    took = time.perf_counter() - started
    shutil.rmtree(folder)
    subprocess.run(["git", "worktree", "prune"], cwd=source.fetch_from, check=True)
    return took


def _step(source: RepositorySource, job: Path) -> float:
    spec = JobSpec(
        run_id=int(job.parent.name),
        number="1",
        ref=JobRef("s", "j"),
        attempt=1,
        display_name="A job",
        stage_display_name="A stage",
        steps=(CHECKOUT,),
        variables=(),
        source=source,
        artifacts=str(job / "artifacts"),
        home=str(job.parents[2]),
        keep_work="never",
    )
    job.mkdir(parents=True)
    (job / "job.json").write_bytes(msgspec.json.encode(spec))
    subprocess.run([sys.executable, "-m", "drivetrain.wire.runner", job], input=b"{}", check=True)
    found = {entry.type: entry for entry in read_journal(job / "journal.jsonl")[0]}
    completed, started = found["step.completed"], found["step.started"]
    assert completed.data["result"] == "Succeeded", (job / "logs" / "001.log").read_text()
    return (parse_timestamp(completed.time) - parse_timestamp(started.time)).total_seconds()
