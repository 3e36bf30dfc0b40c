from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.home import Home
from drivetrain.run.model import JobRef, JobSpec
from drivetrain.wire.gating.asker import asker
from tests.unit.run.checks.checks_bench import ChecksBench
from tests.unit.run.engine_bench import SOURCE, START

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a job of a run of the home."""
    home = Home(tmp_path)
    run, _ = ChecksBench(tmp_path, FixedClock(START)).run()
    folder = home.run(run.id) / "Build.Train.1"
    folder.mkdir(parents=True)
    spec = JobSpec(
        run.id, run.number, JobRef("Build", "Train"), 1, "Train", "Build", (), (), SOURCE, "", str(home.root)
    )
    (folder / "job.json").write_bytes(msgspec.json.encode(spec))
    monkeypatch.setenv("DRIVETRAIN_JOB_DIR", str(folder))
    monkeypatch.setenv("DRIVETRAIN_HOME", str(tmp_path / "another"))
    return folder


def test_a_step_of_a_job_asks_for_its_run(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM_TASKDISPLAYNAME", "Ask " * 100)
    found = asker()
    assert (found.home, found.run_id, found.by, found.restricted) == (Home(tmp_path), 1, "run 1.1", False)
    assert found.in_job
    assert found.step.startswith("Build.Train: Ask Ask")
    assert len(found.step) < 250
    assert job.exists()


def test_a_pull_request_of_a_fork_is_known(job: Path) -> None:
    file = job / "job.json"
    spec = msgspec.json.decode(file.read_bytes(), type=JobSpec)
    file.write_bytes(msgspec.json.encode(replace(spec, restricted=True)))
    assert asker().restricted


@pytest.mark.parametrize("mark", ["", "/nowhere", "elsewhere", "broken"])
def test_without_a_job_it_is_a_person(job: Path, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if mark == "elsewhere":
        mark = str(job.rename(tmp_path / "elsewhere"))
    if mark == "broken":
        (job / "job.json").write_text("{")
        mark = str(job)
    monkeypatch.setenv("DRIVETRAIN_JOB_DIR", mark)
    found = asker()
    assert (found.run_id, found.home, found.in_job) == (None, Home(tmp_path / "another"), False)
    assert found.by
