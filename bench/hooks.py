"""From a push to the first line of the job's log when the host tells of it by webhook; a thousand pushes in a row."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.figure import Figure
from bench.push import COMMAND, PIPELINE, begun, bench_environment, percentile, promise, run, wait_for_the_end
from drivetrain.home import Home
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.store.database import Database
from drivetrain.wire.server_process import find
from drivetrain.wire.storage import Storage

PUSHES, WARM, MANY = 30, 3, 1000
KEY, SECRET, REPOSITORY = "k" * 43, "a secret", "lab/churn"
MAIN, ZERO = "refs/heads/main", "0" * 40


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="drivetrain-bench-"))
    environment = bench_environment(folder)
    try:
        work, bare = _repositories(folder, environment)
        _link(bare, folder, environment)
        run([COMMAND, "up", "--port", "0"], folder, environment)
        pushes = [_push(work, bare, folder / "home", environment) for _ in range(PUSHES + WARM)][WARM:]
        answers, runs = _many(work, bare, folder / "home", environment)
    finally:
        run([COMMAND, "down"], folder, environment)
        shutil.rmtree(folder, ignore_errors=True)
    return [
        promise("push, by webhook, to the first line of the log, 95th percentile", percentile(pushes, 95), 1.0, pushes),
        _answered(answers, runs),
    ]


def _answered(answers: list[float], runs: float) -> Figure:
    name = f"answer to a webhook, 95th percentile of {MANY:,} in a row"
    note = f"in {sum(answers):.1f} s; after {runs:.0f} s there were {MANY:,} runs"
    return Figure(name, percentile(answers, 95) * 1000, "ms", "the promise", 1000.0, 1.0, note=note)


def _repositories(folder: Path, environment: dict[str, str]) -> tuple[Path, Path]:
    work, bare = folder / "work", folder / "code.git"
    run(["git", "init", "--quiet", "--bare", "-b", "main", bare], folder, environment)
    run(["git", "init", "--quiet", "-b", "main", work], folder, environment)
    (work / "azure-pipelines.yml").write_text(PIPELINE)
    run(["git", "add", "."], work, environment)
    run(["git", "commit", "--quiet", "-m", "x"], work, environment)
    run(["git", "push", "--quiet", bare, "main"], work, environment)
    return work, bare


def _link(bare: Path, folder: Path, environment: dict[str, str]) -> None:
    """The repository is a URL, so that it is mirrored as one at a host would be; no hook of git's tells of a push."""
    run([COMMAND, "project", "add", bare.as_uri(), "--name", "churn", "--poll", "0"], folder, environment)
    storage = Storage(Home(folder / "home"))
    project = storage.projects.named("churn")
    storage.links.put(Link(project.id, HostKind.GITHUB, "https://api.github.com", REPOSITORY, key=KEY), SECRET)
    storage.source_events.close()


def _push(work: Path, bare: Path, home: Path, environment: dict[str, str]) -> float:
    before = begun(home / "runs")
    old = _head(work, environment)
    run(["git", "commit", "--quiet", "--allow-empty", "-m", "x"], work, environment)
    new = _head(work, environment)
    with_host = _connection(home)
    started = time.perf_counter()
    run(["git", "push", "--quiet", bare, "main"], work, environment)
    _deliver(with_host, MAIN, old, new)
    while begun(home / "runs") == before:
        assert time.perf_counter() - started < 60, "no line of the log in a minute"
        time.sleep(0.002)
    took = time.perf_counter() - started
    wait_for_the_end(environment, work)
    return took


def _many(work: Path, bare: Path, home: Path, environment: dict[str, str]) -> tuple[list[float], float]:
    """Pushes to many branches: how long each answer took, and after how long there were as many runs."""
    sha = _head(work, environment)
    before = _runs(home)
    refs = [f"refs/heads/b{number}" for number in range(MANY)]
    subprocess.run(
        ["git", "update-ref", "--stdin"],
        cwd=bare,
        env=environment,
        input="".join(f"create {ref} {sha}\n" for ref in refs).encode(),
        check=True,
    )
    host = _connection(home)
    started = time.perf_counter()
    answers = [_deliver(host, ref, ZERO, sha) for ref in refs]
    while _runs(home) < before + MANY:
        assert time.perf_counter() - started < 600, f"{_runs(home) - before} runs in ten minutes"
        time.sleep(0.05)
    return answers, time.perf_counter() - started


def _head(work: Path, environment: dict[str, str]) -> str:
    return run(["git", "rev-parse", "HEAD"], work, environment).strip()


def _runs(home: Path) -> int:
    connection = Database(Home(home).database).connect()
    try:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    finally:
        connection.close()


def _connection(home: Path) -> http.client.HTTPConnection:
    info = find(Home(home))
    assert info is not None
    return http.client.HTTPConnection(info.host, info.port, timeout=30)


def _deliver(connection: http.client.HTTPConnection, ref: str, old: str, new: str) -> float:
    body = json.dumps({"ref": ref, "before": old, "after": new, "repository": {"full_name": REPOSITORY}}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": f"{ref} {new}",
        "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
    }
    started = time.perf_counter()
    connection.request("POST", f"/hooks/github/{KEY}", body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 202, answer.status
    return time.perf_counter() - started
