"""Scoring scripts on the official server, and commands of the user's own."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.serve import processes
from drivetrain.serve.model import Deployment, DeploymentSpec, EnvironmentSpec, Script, Server, Speaks
from drivetrain.serve.prepare.preparation import Preparation
from tests.model_flavours import OneEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.serve.model import Launch

SCRIPT = """\
import json, os
from beside import factor
def init():
    global found
    names = ("AZUREML_MODEL_DIR", "AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "MINE")
    found = {name: os.environ.get(name) for name in names}
    found["files"] = sorted(os.listdir(os.environ["AZUREML_MODEL_DIR"]))
    found["weights"] = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights", "w.txt")).read()
def run(raw_data):
    data = json.loads(raw_data)
    if data == "environment":
        return found
    return [value * factor for value in data["data"]]
"""
SERVER = """\
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.end_headers(); self.wfile.write(b"echo " + body)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def prepare(spec: DeploymentSpec, tmp_path: Path) -> tuple[Launch, OneEnvironment]:
    environments = OneEnvironment()
    preparation = Preparation(tmp_path / "serving", environments, lambda _: tmp_path / "weights")
    return preparation(Deployment("e", "blue", spec), lambda _: None), environments


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "w.txt").write_text("heavy")
    return folder


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "score.py").write_text(SCRIPT)
    (folder / "beside.py").write_text("factor = 3\n")
    return folder


@contextmanager
def serving(launch: Launch, tmp_path: Path, **variables: str) -> Iterator[str]:
    """The address of a replica that says it is alive."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("wb") as file:
        replica = processes.start(launch, variables, folder=tmp_path / "own", log=file, port=port)
    try:
        until = time.monotonic() + 120
        while True:
            assert replica.process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            try:
                urllib.request.urlopen(address + launch.live).close()
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
            else:
                break
        yield address
    finally:
        processes.end(replica)
    assert processes.size(replica.pid).processes == 0


def ask(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return response.read()


@pytest.mark.usefixtures("weights")
def test_a_script_runs_on_the_official_server_as_azure_runs_it(tmp_path: Path, code: Path) -> None:
    asked = EnvironmentSpec(requirements=("numpy",))
    spec = DeploymentSpec(model="heavy:4", script=Script(str(code), "score.py"), environment=asked)
    launch, environments = prepare(spec, tmp_path)
    assert environments.asked == [(asked, ("azureml-inference-server-http",))]
    assert launch.speaks is Speaks.HTTP
    assert launch.runtime.startswith("azureml-inference-server-http 1.")
    (code / "beside.py").write_text("factor = 0\n")  # what is deployed stays as it was
    with serving(launch, tmp_path, MINE="yes") as address:
        assert json.loads(ask(address + launch.score, {"data": [1, 2]})) == [3, 6]
        found = json.loads(ask(address + launch.score, "environment"))
        assert found["AZUREML_MODEL_DIR"].endswith("azureml-models/heavy/4")
        assert found["files"] == ["weights"]
        assert found["weights"] == "heavy"
        assert found["AZUREML_ENTRY_SCRIPT"] == f"{found['AML_APP_ROOT']}/score.py"
        assert found["MINE"] == "yes"
        _only_on_loopback(int(address.rpartition(":")[2]))


def _only_on_loopback(port: int) -> None:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [line[1] for line in lines if line[3] == "0A" and int(line[1].split(":")[1], 16) == port]
    assert listening == [f"0100007F:{port:04X}"]


def test_a_command_of_ones_own_is_given_its_port_and_the_model(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    server = Server(("python", str(tmp_path / "server.py"), "{port}"), score="/ask", folder=str(tmp_path))
    spec = DeploymentSpec(files=str(weights), server=server, environment=EnvironmentSpec(python="3.11"))
    launch, _ = prepare(spec, tmp_path)
    assert launch.variables["AZUREML_MODEL_DIR"].endswith("azureml-models/weights/1")
    with serving(launch, tmp_path) as address:
        assert ask(address + launch.score, {"a": 1}) == b'echo {"a": 1}'


@pytest.mark.usefixtures("weights", "code")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DeploymentSpec(), "neither a model nor a script"),
        (DeploymentSpec(files="/nowhere"), "there is no folder /nowhere"),
        (DeploymentSpec(files="{tmp}/empty"), "is empty"),
        (DeploymentSpec(files="{tmp}/weights"), "there is no MLmodel file"),
        (DeploymentSpec(files="{tmp}/linked"), "but a link"),
        (DeploymentSpec(files="{tmp}/broken"), "MLmodel cannot be read"),
        (DeploymentSpec(files="{tmp}/escaping"), "which is not there"),
        (DeploymentSpec(files="{tmp}/odd"), "only the flavors spark"),
        (DeploymentSpec(files="{tmp}/pickle"), "nothing says which packages"),
        (DeploymentSpec(script=Script("{tmp}/code", "absent.py")), "there is no scoring script absent.py"),
        (DeploymentSpec(script=Script("{tmp}/code", "../log")), "there is no scoring script"),
        (DeploymentSpec(server=Server(("python", "x.py"))), "does not say on which port"),
        (DeploymentSpec(server=Server(("x", "{port}"), folder="/nowhere")), "there is no folder /nowhere"),
    ],
)
def test_what_cannot_be_served_is_refused_with_what_to_do(spec: DeploymentSpec, message: str, tmp_path: Path) -> None:
    for name in ("empty", "linked", "broken", "escaping", "odd", "pickle"):
        (tmp_path / name).mkdir()
    (tmp_path / "linked" / "MLmodel").symlink_to("/etc/passwd")
    (tmp_path / "broken" / "MLmodel").write_text("flavors: [")
    (tmp_path / "escaping" / "MLmodel").write_text("flavors: {sklearn: {pickled_model: ../../secret.pkl}}")
    (tmp_path / "odd" / "MLmodel").write_text("flavors: {spark: {}}")
    (tmp_path / "pickle" / "model.pkl").write_bytes(b"")

    def placed(value: str) -> str:
        return value.replace("{tmp}", str(tmp_path))

    script = spec.script and Script(placed(spec.script.folder), spec.script.file)
    asked = DeploymentSpec(files=placed(spec.files), script=script, server=spec.server)
    with pytest.raises(UserError) as caught:
        prepare(asked, tmp_path)
    assert message in caught.value.message
    assert caught.value.hint
