"""Every `NN_name.yml` here is run as a user would run it, and must come to what `NN_name.json` says.

Read in order they are a tour: 01 jobs, conditions, deployments; 20 stages by hand, reruns, what is chosen; 30 steps,
commands, variables, checkouts, containers; 40 the library; 50 other tasks; 60 artifacts; 70 tests and coverage; 80
files, caches, tools; 85 approvals and checks.

Keys of the expectation, all optional but `result`: `number`, `tags`, `stages` and `jobs` (name -> result), `steps`
(job -> results of the steps that ran or were skipped, in order; checkouts are not counted), `outputs` (job -> name ->
value), `order` (jobs, by when they ended), `count` (jobs by the beginning of their name), `artifacts`, `issues`
([type, message, file, line]), `log` (job -> lines that its logs have, in this order), `not_in_log` (patterns that no
line has), `nowhere` (texts that no file of the home has), `cancel_at` (the run is interrupted when this line comes),
`arguments` (of the command), `tests` (outcome -> how many), `coverage` (lines covered, lines in all), `before` (files
below `before/` that are run first, in this order, each with its name as the name of its pipeline; an entry may also be
an object of `file` and `arguments`), `then` (further commands, one after the other, each a list of arguments).
`library` sets the home's library up before the run, by the real commands: each entry is the command's arguments and,
where there is one, its standard input; `files` are there for them to read. `refused` are patterns of what is said where
no run is made at all. `engine`: it needs a container engine and the image of tests/container_engine.py.
`when`: pairs of a part of a line and a command, which is given when such a line comes for the first time. `asked`:
stage or step -> how each question to people ended, and who decided. `checks`: stage -> states of its checks, in order.
`deployed`: environment -> results, newest first.
`needs`: a program that it needs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import asdict

from drivetrain.home import Home
from drivetrain.store.checks import SqliteChecks
from drivetrain.store.database import Database
from drivetrain.store.environments import SqliteEnvironments
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.report_queries import SqliteReports
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.ports import RunFilter
from tests.container_engine import need_engine
from tests.walking import content, everything

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.run.model import Timeline

HERE = Path(__file__).parent
SCENARIOS = sorted(HERE.glob("[0-9][0-9]_*.yml"))
DEADLINE = 120
RUN = ("run", "--jobs", "4")


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    home: Path
    exit_code: int
    timeline: Timeline

    def logs(self) -> Iterator[tuple[str, list[str]]]:
        """The lines of each job, steps in order."""
        for folder in sorted((self.home / "runs" / str(self.timeline.run.id)).glob("*/")):
            files = sorted((folder / "logs").glob("*.log"))
            text = b"".join(file.read_bytes() for file in files).decode("utf-8", "replace")
            yield folder.name.rpartition(".")[0], text.splitlines()


def run(scenario: Path, folder: Path, wanted: dict[str, Any]) -> Outcome:
    environment = environment_of(folder)
    before = [{"file": each} if isinstance(each, str) else each for each in wanted.get("before", [])]
    for each in before:
        first = repository_of(HERE / "before" / each["file"], folder / Path(each["file"]).stem, environment)
        execute(first, environment, [*RUN, *each.get("arguments", ())])
    fill_library(folder, environment, wanted)
    repository = repository_of(scenario, folder / "repository", environment)
    when = Meanwhile(repository, environment, wanted.get("when", []))
    arguments = [*RUN, *wanted.get("arguments", ())]
    exit_code, _ = execute(repository, environment, arguments, wanted.get("cancel_at", ""), when)
    for further in wanted.get("then", ()):
        exit_code, _ = execute(repository, environment, further)
    store = SqliteRunStore(Database(Home(folder / "home").database))
    queries = SqliteRunQueries(store)
    found, *others = queries.runs(RunFilter())
    assert len(others) == len(before)
    timeline = queries.timeline(found.id)
    store.close()
    return Outcome(folder / "home", exit_code, timeline)


def environment_of(folder: Path) -> dict[str, str]:
    return {**os.environ, "DRIVETRAIN_HOME": str(folder / "home"), "GIT_CONFIG_GLOBAL": os.devnull}


def fill_library(folder: Path, environment: dict[str, str], wanted: dict[str, Any]) -> None:
    shelves = folder / "shelves"
    shelves.mkdir()
    for name, text in wanted.get("files", {}).items():
        (shelves / name).write_text(text, "utf-8")
    for words, *given in wanted.get("library", ()):
        command = [sys.executable, "-m", "drivetrain", *shlex.split(words)]
        subprocess.run(command, cwd=shelves, env=environment, input="".join(given), text=True, check=True)


def check_refusal(scenario: Path, folder: Path, wanted: dict[str, Any]) -> None:
    environment = environment_of(folder)
    fill_library(folder, environment, wanted)
    repository = repository_of(scenario, folder / "repository", environment)
    exit_code, said = execute(repository, environment, [*RUN, *wanted.get("arguments", ())])
    assert exit_code == 1
    assert [pattern for pattern in wanted["refused"] if not re.search(pattern, said)] == []
    assert not list((folder / "home" / "runs").glob("*"))


def repository_of(file: Path, folder: Path, environment: dict[str, str]) -> Path:
    """A repository whose newest commit has the pipeline file."""
    folder.mkdir(exist_ok=True)
    (folder / "azure-pipelines.yml").write_text(file.read_text("utf-8"), "utf-8")
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["commit", "-qm", "Add the pipeline", "--allow-empty"],
    ):
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *identity, *command], cwd=folder, env=environment, check=True)
    return folder


def give(command: Sequence[str], repository: Path, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "drivetrain", *command], cwd=repository, env=environment, check=True)


@dataclass
class Meanwhile:
    """What others do while the run goes on."""

    repository: Path
    environment: dict[str, str]
    left: list[tuple[str, list[str]]]

    def hear(self, line: str) -> None:
        for command in [command for part, command in self.left if part in line]:
            self.left = [each for each in self.left if each[1] is not command]
            give(command, self.repository, self.environment)


def execute(
    repository: Path,
    environment: dict[str, str],
    arguments: Sequence[str],
    cancel_at: str = "",
    when: Meanwhile | None = None,
) -> tuple[int, str]:
    with subprocess.Popen(
        [sys.executable, "-m", "drivetrain", *arguments],
        cwd=repository,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        if cancel_at:
            for line in process.stdout:
                if line.rstrip().endswith(cancel_at) and "echo" not in line:
                    process.send_signal(signal.SIGINT)
                    break
        if when is not None and when.left:
            for line in process.stdout:
                print(line, end="")  # noqa: T201 - shown when the scenario fails
                when.hear(line)
        said = process.communicate(timeout=DEADLINE)[0]
        print(said)  # noqa: T201 - shown when the scenario fails
    return process.returncode, said


def check_results(outcome: Outcome, wanted: dict[str, Any]) -> None:
    timeline = outcome.timeline
    assert str(timeline.run.result) == wanted["result"]
    assert outcome.exit_code == (0 if wanted["result"] in {"Succeeded", "SucceededWithIssues"} else 1)
    assert timeline.run.number == wanted.get("number", timeline.run.number)
    assert list(timeline.run.tags) == wanted.get("tags", [])
    assert with_keys({stage.name: str(stage.result) for stage in timeline.stages}, wanted, "stages")
    jobs = {str(job.ref): job for job in timeline.jobs}
    assert with_keys({name: str(job.result) for name, job in jobs.items()}, wanted, "jobs")
    assert with_keys({name: dict(job.outputs) for name, job in jobs.items()}, wanted, "outputs")
    order = wanted.get("order", [])
    assert sorted(order, key=lambda name: jobs[name].finished_at) == order
    for prefix, count in wanted.get("count", {}).items():
        assert sum(name.startswith(f"{prefix}.") for name in jobs) == count
    for name, results in wanted.get("steps", {}).items():
        ran = [step for step in timeline.steps if str(step.job) == name and not step.task.startswith("Checkout")]
        assert [str(step.result) for step in ran] == results


def with_keys(found: dict[str, Any], wanted: dict[str, Any], key: str) -> bool:
    part = wanted.get(key, {})
    assert {name: found.get(name) for name in part} == part
    return True


def check_records(outcome: Outcome, wanted: dict[str, Any]) -> None:
    timeline = outcome.timeline
    if "artifacts" in wanted:
        assert [artifact.name for artifact in timeline.artifacts] == wanted["artifacts"]
    if "issues" in wanted:
        assert [[each.type, each.message, each.file, each.line] for each in timeline.issues] == wanted["issues"]
    check_reports(outcome, wanted)
    logs = dict(outcome.logs())
    for job, lines in wanted.get("log", {}).items():
        assert [line for line in logs[job] if line in lines] == lines, "\n".join(logs[job])
    for pattern in wanted.get("not_in_log", []):
        assert not [
            line for lines in logs.values() for line in lines if re.search(pattern, line) and "echo" not in line
        ]
    for text in wanted.get("nowhere", []):
        files = (path for path in everything(outcome.home) if path.is_file() and not path.is_symlink())
        assert not [str(path) for path in files if text.encode() in content(path)]


def check_decisions(outcome: Outcome, wanted: dict[str, Any]) -> None:
    database, run_id = Database(Home(outcome.home).database), outcome.timeline.run.id
    checks, environments = SqliteChecks(database), SqliteEnvironments(database)
    asked = {
        each.subject if each.job else each.stage: [str(each.state), *(decision.by for decision in each.decisions)]
        for each in checks.approvals(run_id)
    }
    assert with_keys(asked, wanted, "asked")
    states = {gate.stage: [str(each.state) for each in gate.checks] for gate in checks.gates(run_id)}
    assert with_keys(states, wanted, "checks")
    for name, results in wanted.get("deployed", {}).items():
        history = environments.history(environments.named(name).id)
        assert [str(each.result) for each in history] == results
    database.connections.close()


def check_reports(outcome: Outcome, wanted: dict[str, Any]) -> None:
    reports = SqliteReports(Database(Home(outcome.home).database))
    run_id = outcome.timeline.run.id
    if "tests" in wanted:
        counts = asdict(reports.tests(run_id).counts)
        assert {name: count for name, count in counts.items() if count and name != "seconds"} == wanted["tests"]
    if "coverage" in wanted:
        found = reports.coverage(run_id)
        assert found is not None
        assert [found.lines.covered, found.lines.total] == wanted["coverage"]


def test_there_are_scenarios_and_each_has_its_expectation() -> None:
    assert len(SCENARIOS) > 10
    assert {path.stem for path in SCENARIOS} == {path.stem for path in HERE.glob("*.json")}


def need(program: str) -> None:
    """CI has every program that a scenario needs."""
    if program and shutil.which(program) is None and not os.environ.get("CI"):
        pytest.skip(f"{program} is not installed")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = json.loads(scenario.with_suffix(".json").read_text("utf-8"))
    need(wanted.get("needs", ""))
    if "refused" in wanted:
        check_refusal(scenario, tmp_path, wanted)
        return
    if wanted.get("engine"):
        need_engine(monkeypatch)
    outcome = run(scenario, tmp_path, wanted)
    check_results(outcome, wanted)
    check_records(outcome, wanted)
    check_decisions(outcome, wanted)
