"""From a push to the first line of the job's log; from `drivetrain up` to the first page."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.figure import Figure

COMMAND = Path(sys.executable).with_name("drivetrain")
PUSHES = 30
WARM = 3
STARTS = 5
PIPELINE = "steps:\n- bash: echo it has begun\n"


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="drivetrain-bench-"))
    environment = bench_environment(folder)
    try:
        starts = [_up_to_first_page(environment) for _ in range(STARTS)]
        run([COMMAND, "up", "--port", "0"], folder, environment)
        pushes = _pushes(folder, environment)
    finally:
        run([COMMAND, "down"], folder, environment)
        shutil.rmtree(folder, ignore_errors=True)
    return [
        promise("push to the first line of the log, 95th percentile", percentile(pushes, 95), 1.0, pushes),
        promise("`drivetrain up` to the first page", statistics.median(starts), 2.0, starts),
    ]


def promise(name: str, value: float, promised: float, all_of_them: list[float]) -> Figure:
    note = f"median {statistics.median(all_of_them):.2f} s, slowest {max(all_of_them):.2f} s of {len(all_of_them)}"
    return Figure(name, value, "s", "the promise", promised, 1.0, note=note)


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def bench_environment(folder: Path) -> dict[str, str]:
    named = {"DRIVETRAIN_HOME": str(folder / "home"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        named |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | named


def run(words: list[str | Path], cwd: Path, environment: dict[str, str]) -> str:
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=True).stdout


def _up_to_first_page(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    output = run([COMMAND, "up", "--port", "0"], Path.cwd(), environment)
    link = re.search(r"http\S+once=\S+", output)
    assert link, output
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(link[0], timeout=30) as page:
        assert b"</html>" in page.read()
    took = time.perf_counter() - started
    run([COMMAND, "down"], Path.cwd(), environment)
    return took


def _pushes(folder: Path, environment: dict[str, str]) -> list[float]:
    bare, work = folder / "code.git", folder / "work"
    run(["git", "init", "--quiet", "--bare", "-b", "main", bare], folder, environment)
    run(["git", "init", "--quiet", "-b", "main", work], folder, environment)
    (work / "azure-pipelines.yml").write_text(PIPELINE)
    run(["git", "add", "."], work, environment)
    run([COMMAND, "project", "add", bare, "--hook"], folder, environment)
    runs = folder / "home" / "runs"
    return [_push(work, bare, runs, environment) for _ in range(PUSHES + WARM)][WARM:]


def _push(work: Path, bare: Path, runs: Path, environment: dict[str, str]) -> float:
    before = begun(runs)
    run(["git", "commit", "--quiet", "--allow-empty", "-m", "x"], work, environment)
    started = time.perf_counter()
    run(["git", "push", "--quiet", bare, "main"], work, environment)
    while begun(runs) == before:
        assert time.perf_counter() - started < 60, "no line of the log in a minute"
        time.sleep(0.002)
    took = time.perf_counter() - started
    wait_for_the_end(environment, work)
    return took


def begun(runs: Path) -> int:
    """How many jobs have a line in their log."""
    return sum(1 for folder in runs.glob("*/*/logs") if any(log.stat().st_size for log in folder.glob("*.log")))


def wait_for_the_end(environment: dict[str, str], cwd: Path) -> None:
    """The next push is measured on a machine at rest, as a person's would be."""
    while '"runs": []' not in run([COMMAND, "status", "--json"], cwd, environment):
        time.sleep(0.05)
