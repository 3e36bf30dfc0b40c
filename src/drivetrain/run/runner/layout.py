"""The folders of a job, as the Azure agent lays them out, and the variables that only the runner knows.

    <job>/work/         Pipeline.Workspace: s/ sources, a/ artifacts to be, b/ binaries, TestResults/
    <job>/temp/         Agent.TempDirectory
    <job>/logs/         NNN.log and NNN.times per step
    <job>/journal.jsonl, lock, cancel, runner.log

https://learn.microsoft.com/azure/devops/pipelines/build/variables
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.model import JobRef, JobSpec

AGENT_VERSION = "4.260.0"
"""The agent whose ways are followed; scripts and tasks compare it."""
_STEPS = uuid.UUID("0d9ad40c-2b4a-4c07-9c53-1f0b7a3a6c4e")
_SYSTEMS = {"Linux": "Linux", "Darwin": "Darwin", "Windows": "Windows_NT"}
_ARCHITECTURES = {"x86_64": "X64", "amd64": "X64", "aarch64": "ARM64", "arm64": "ARM64", "i386": "X86", "i686": "X86"}


class Layout(NamedTuple):
    """The folders of one job."""

    job: Path

    @property
    def work(self) -> Path:
        """`Pipeline.Workspace`."""
        return self.job / "work"

    @property
    def sources(self) -> Path:
        """`Build.SourcesDirectory`, unless `checkout` has a `path`."""
        return self.work / "s"

    @property
    def temp(self) -> Path:
        """`Agent.TempDirectory`: emptied with the job."""
        return self.job / "temp"

    @property
    def logs(self) -> Path:
        """One log per step."""
        return self.job / "logs"

    def create(self, *, workspace: bool = True) -> None:
        """Make the folders; only the owner may look into them. A job of the server has no workspace."""
        for path in (self.work, self.temp, self.logs) if workspace else (self.temp, self.logs):
            path.mkdir(mode=0o700, exist_ok=True)
        for name in ("s", "a", "b", "TestResults") if workspace else ():
            (self.work / name).mkdir(exist_ok=True)

    def log(self, index: int) -> Path:
        """The log of a step."""
        return self.logs / f"{index:03}.log"


class Known(NamedTuple):
    """What the table of variables is made from."""

    spec: JobSpec
    layout: Layout
    debug: bool = False
    """Whether `System.Debug` is true."""


RUNNER_VARIABLES: dict[str, Callable[[Known], object]] = {
    "Agent.BuildDirectory": lambda known: known.layout.work,
    "Agent.Diagnostic": lambda known: "true" if known.debug else None,
    "Agent.HomeDirectory": lambda known: known.spec.home,
    "Agent.Id": lambda _: 1,
    "Agent.IsSelfHosted": lambda _: "1",
    "Agent.JobName": lambda known: known.spec.display_name,
    "Agent.JobStatus": lambda _: "Succeeded",
    "Agent.MachineName": lambda _: os.uname().nodename,
    "Agent.Name": lambda _: os.uname().nodename,
    "Agent.OS": lambda _: _SYSTEMS.get(os.uname().sysname, os.uname().sysname),
    "Agent.OSArchitecture": lambda _: _ARCHITECTURES.get(os.uname().machine.lower(), os.uname().machine),
    "Agent.OSVersion": lambda _: os.uname().release,
    "Agent.ReadOnlyVariables": lambda _: "true",
    "Agent.RetainDefaultEncoding": lambda _: "false",
    "Agent.RootDirectory": lambda known: known.layout.job,
    "Agent.TempDirectory": lambda known: known.layout.temp,
    "Agent.ToolsDirectory": lambda known: Path(known.spec.home, "cache", "tools"),
    "Agent.Version": lambda _: AGENT_VERSION,
    "Agent.WorkFolder": lambda known: known.layout.job,
    "Build.ArtifactStagingDirectory": lambda known: known.layout.work / "a",
    "Build.BinariesDirectory": lambda known: known.layout.work / "b",
    "Build.Repository.LocalPath": lambda known: known.layout.sources,
    "Build.SourcesDirectory": lambda known: known.layout.sources,
    "Build.StagingDirectory": lambda known: known.layout.work / "a",
    "Common.TestResultsDirectory": lambda known: known.layout.work / "TestResults",
    "Pipeline.Workspace": lambda known: known.layout.work,
    "System.ArtifactsDirectory": lambda known: known.layout.work / "a",
    "System.DefaultWorkingDirectory": lambda known: known.layout.sources,
    "System.IsAzureVM": lambda _: "0",
    "System.WorkFolder": lambda known: known.layout.job,
}
"""Every variable that the runner adds to those in its job file: name -> value, None where it does not exist."""


def step_id(run_id: int, job: JobRef, attempt: int, index: int) -> str:
    """The GUID of a step of an attempt at a job, always the same."""
    return str(uuid.uuid5(_STEPS, f"{run_id}/{job}/{attempt}/{index}"))


def step_variables(spec: JobSpec, step: str, index: int, title: str) -> dict[str, str]:
    """Those that each step has of its own, while it runs."""
    return {
        "System.TaskDisplayName": title,
        "System.TaskInstanceId": step_id(spec.run_id, spec.ref, spec.attempt, index),
        "System.TaskInstanceName": step,
        "Task.DisplayName": title,
    }
