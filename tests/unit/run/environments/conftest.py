"""Real interpreters, real uv, and small wheels of our own so that no test needs the network."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - dataclass fields
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.environments.default_python import prepare
from drivetrain.run.environments.interpreters import Interpreter, SearchPath, find_interpreters
from drivetrain.run.environments.job_environment import use_version
from drivetrain.run.environments.version_spec import choose

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Job:
    """A job as the runner would give it to a step: folders for PATH and variables."""

    folder: Path
    environment: dict[str, str]

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a step's script."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            ["bash", "-c", script], env=self.environment | more, cwd=self.folder, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    def ok(self, script: str, **more: str) -> str:
        """What the script prints; it must succeed."""
        done = self.run(script, **more)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@dataclass(frozen=True)
class Wheelhouse:
    """A folder of wheels."""

    folder: Path

    def add(self, name: str, version: str, files: dict[str, str] | None = None, requires: str = "") -> Path:
        """Make a pure wheel of one module `name` that knows its version, or of `files`."""
        content = files or {f"{name}.py": f"VERSION = {version!r}\n"}
        info = f"{name}-{version}.dist-info"
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        content = content | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n",
        }
        record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in content.items())
        file = self.folder / f"{name}-{version}-py2.py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)
            archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
        return file


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DRIVETRAIN_HOME for all tests of this process, as a machine has one for all jobs."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def machine(home: Path) -> list[Interpreter]:
    """The interpreters of this machine."""
    return find_interpreters(SearchPath.of_machine(home))


@pytest.fixture(scope="session")
def interpreter(machine: list[Interpreter]) -> Interpreter:
    """The one that most tests use: any that pip by uv serves."""
    found = choose(">=3.8", machine)
    assert found is not None
    return found


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Wheelhouse:
    """An empty folder for wheels."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    return Wheelhouse(folder)


@pytest.fixture
def quiet_machine(tmp_path: Path, wheelhouse: Wheelhouse) -> dict[str, str]:
    """The machine's variables without settings for pip and uv, with the wheelhouse as only source."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
    user = tmp_path / "user"
    user.mkdir()
    return kept | {
        "HOME": str(user), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse.folder),
        "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip


@pytest.fixture
def lazy_job(tmp_path: Path, home: Path, quiet_machine: dict[str, str]) -> Job:
    """A job that chose no version."""
    folder = tmp_path / "job"
    given = prepare(folder, home)
    path = os.pathsep.join([*given.path_prepend, quiet_machine["PATH"]])
    return Job(folder, quiet_machine | given.variables | {"PATH": path})


@pytest.fixture
def new_job(tmp_path: Path, home: Path, quiet_machine: dict[str, str], interpreter: Interpreter) -> Callable[..., Job]:
    """Makes jobs that used UsePythonVersion@0."""
    count = iter(range(100))

    def make(chosen: Interpreter = interpreter) -> Job:
        folder = tmp_path / f"job{next(count)}"
        given, python = prepare(folder, home), use_version(folder, home, chosen)
        path = os.pathsep.join([*python.path_prepend, *given.path_prepend, quiet_machine["PATH"]])
        return Job(folder, quiet_machine | given.variables | python.variables | {"PATH": path})

    return make


@pytest.fixture
def job(new_job: Callable[..., Job]) -> Job:
    """A job that used UsePythonVersion@0."""
    return new_job()
