"""A home with its server, and official Azure clients, unmodified, in environments that hold nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.home import Home
from drivetrain.wire.azure_variables import edge_variables
from drivetrain.wire.server_process import ServerInfo, read_info
from drivetrain.wire.serving.fronts import ProcessFronts
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / ".tools" / "azure"
SCRIPTS = Path(__file__).parent / "scripts"
COMMAND = Path(sys.executable).with_name("drivetrain")
PATIENCE = 240.0
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
_OURS = ("DRIVETRAIN_", "MLFLOW_", "AZURE", "IDENTITY_", "ARM_", "COVERAGE", "VIRTUAL_ENV", "PYTHONPATH")


@dataclass
class Served:
    """A home whose server runs, and what a client needs to find it."""

    home: Home
    info: ServerInfo
    more: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.info.azure_port}"

    @property
    def bundle(self) -> Path:
        """What a client is to trust."""
        return self.home.azure / "bundle.pem"

    @property
    def owner_token(self) -> str:
        return self.home.token.read_text().strip()

    def environment(self, token: str = "") -> dict[str, str]:
        """For a client that asks as the owner, or as whoever has the token."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        found = edge_variables(self.address, self.home.azure, token or self.owner_token)
        own = {"AZURE_CONFIG_DIR": str(self.home.root / "az"), "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
        return {**plain, **found, **own, **self.more}

    def cli(self, *args: str, status: int | None = 0) -> str:
        environment = {**os.environ, "DRIVETRAIN_HOME": str(self.home.root)}
        done = subprocess.run(
            [COMMAND, *args], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert status is None or done.returncode == status, f"{args}: {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One home with a server for all tests of a session: every test takes names of its own."""
    home = Home(tmp_path_factory.mktemp("azure") / "home")
    environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0"}
    subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True, timeout=PATIENCE)
    info = read_info(home)
    assert info is not None
    yield Served(home, info)
    subprocess.run([COMMAND, "down"], env=environment, check=True, capture_output=True, timeout=PATIENCE)
    fronts = ProcessFronts(home)
    for endpoint in Storage(home).endpoints.all():  # of tests that have failed: fronts outlive the server
        fronts.stop(endpoint.name)


@pytest.fixture
def client(served: Served, tmp_path: Path) -> Callable[..., Any]:
    """`client("ml", "script.py", *arguments)` runs a script of tests/azure/scripts with that client's interpreter, in
    an empty folder, and gives what its last line of output says as JSON.
    """

    def run(name: str, script: str, *arguments: str, token: str = "", **more: str) -> Any:
        done = subprocess.run(
            [python_of(name), "-W", "ignore", SCRIPTS / script, *arguments],
            env={**served.environment(token), **more}, cwd=tmp_path, capture_output=True, text=True, check=False,
            timeout=PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        last = done.stdout.strip().splitlines()[-1]
        return json.loads(last[last.index("{") :])  # behind the dots by which a client shows that it waits

    return run


def python_of(name: str) -> Path:
    """The interpreter that has this client; skips where nobody has made it, which CI always does."""
    path = CLIENTS / name / "bin" / "python"
    if not path.exists():
        words = f"the client '{name}' is not there: scripts/azure_clients {name}"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return path
