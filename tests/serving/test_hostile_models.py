"""Models that mean harm, or are broken: they hurt their own replica, and nobody else."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drivetrain.errors import UserError
from drivetrain.serve import processes
from drivetrain.serve.model import Deployment, DeploymentSpec, EnvironmentSpec, Launch, Limits, Runtime, Speaks
from drivetrain.serve.prepare import launches, trial
from drivetrain.serve.prepare.preparation import Preparation
from tests.model_flavours import OneEnvironment, running

MLMODEL = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}
  sklearn: {pickled_model: model.pkl, code: code}
signature:
  inputs: '[{"name": "a", "type": "double", "required": true}]'
saved_input_example_info: {serving_input_path: serving.json}
"""
EXAMPLE = {"dataframe_split": {"columns": ["a"], "data": [[1.0]]}}
BODY = {"input_data": {"columns": ["a"], "data": [[2.0]]}}
GOOD = "class Model:\n    def predict(self, frame):\n        return frame['a'].to_numpy() * 2\n"
LIMITS = Limits(memory_mb=900, processes=40)


class Loaded:
    """A pickle that is not data: what it says is carried out when it is read."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (self.code,)


def saved(folder: Path, code: str, *, pickled: bytes = b"") -> Path:
    """A model of scikit-learn's flavour whose class is in `code`."""
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "serving.json").write_text(json.dumps(EXAMPLE))
    (folder / "code" / "hostile_model.py").write_text(code)
    (folder / "model.pkl").write_bytes(pickled or b"chostile_model\nModel\n(t\x81.".replace(b"(t\x81", b"(tR"))
    return folder


def prepared(folder: Path, tmp_path: Path) -> Launch:
    spec = DeploymentSpec(
        files=str(folder), runtime=Runtime.NATIVE, environment=EnvironmentSpec(requirements=("whatever",))
    )
    prepare = Preparation(tmp_path / "serving", OneEnvironment(), lambda _: folder)
    return prepare(Deployment("e", "blue", spec), lambda _: None)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launches, "default_limits", lambda: LIMITS)


def nothing_left(replica: processes.Replica) -> bool:
    return processes.size(replica.pid).processes == 0


@pytest.mark.parametrize(
    ("bomb", "told"),
    [
        ("raise ValueError('the disk of the trainer was full')", "ValueError: the disk of the trainer was full"),
        ("x = bytearray(40 << 30)", "MemoryError"),
        ("import os; os._exit(7)", "ended with 7 and said nothing"),
        ("import os; os.kill(os.getppid(), 0); os.abort()", "ended with -6"),
    ],
    ids=["error", "memory", "exit", "abort"],
)
def test_a_model_that_cannot_be_loaded_is_told_and_deployed_nowhere(bomb: str, told: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "", pickled=pickle.dumps(Loaded(bomb)))
    with pytest.raises(UserError) as caught:
        prepared(folder, tmp_path)
    assert "the model cannot be loaded" in caught.value.message
    assert told in caught.value.message


def test_a_pickle_is_read_in_a_process_of_its_own_that_knows_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIVETRAIN_HOME", "/a/secret/place")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "hush")
    seen = tmp_path / "seen.json"
    look = (
        f"import os, json; json.dump([os.getpid(), dict(os.environ), os.getcwd()], open({str(seen)!r}, 'w'));"
        "raise OSError"
    )
    with pytest.raises(UserError):
        prepared(saved(tmp_path / "model", "", pickled=pickle.dumps(Loaded(look))), tmp_path)
    pid, environment, folder = json.loads(seen.read_text())
    assert pid != os.getpid()
    assert {"PATH", "HOME", "TMPDIR"} <= environment.keys()
    assert not [name for name in environment if name.startswith(("DRIVETRAIN", "AZURE"))]
    assert "hush" not in str(environment)
    assert environment["HOME"] != os.environ.get("HOME")
    assert Path(folder) != Path.cwd()


def test_a_model_that_never_loads_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 3.0)
    endless = "while True: print('loading' * 1000)"
    begun = time.monotonic()
    with pytest.raises(UserError, match="had not finished after 3 seconds") as caught:
        prepared(saved(tmp_path / "model", "", pickled=pickle.dumps(Loaded(endless))), tmp_path)
    assert len(caught.value.hint) < 10_000
    assert time.monotonic() - begun < 60


def test_what_a_model_does_in_predict_stays_in_its_replica(tmp_path: Path) -> None:
    code = """\
import os, subprocess, sys, time
class Model:
    def predict(self, frame):
        first = frame["a"].iloc[0]
        if first == 10:
            raise ValueError("ten is too much")
        if first == 11:
            sys.exit("eleven")
        if first == 12:
            return bytearray(40 << 30)
        if first == 13:
            subprocess.Popen(["sh", "-c", "b() { b | b & }; b; sleep 600"])
            time.sleep(1)
        if first == 14:
            os._exit(14)
        if first == 15:
            time.sleep(600)
        return frame["a"].to_numpy() * 2
"""
    launch = prepared(saved(tmp_path / "model", code), tmp_path)

    def body(value: float) -> dict[str, object]:
        return {"input_data": {"columns": ["a"], "data": [[value]]}}

    with running(launch) as (good, _), running(launch) as (asking, replica):
        assert asking.score(body(2)) == (200, [4.0])
        for value, told in ((10, "ten is too much"), (11, "eleven"), (12, "MemoryError")):
            status, found = asking.score(body(value))
            assert (status, told in found["message"]) == (500, True), found
        status, found = asking.score({"input_data": {"columns": ["b"], "data": [[1.0]]}})
        assert (status, "missing column: a" in found["message"]) == (400, True)
        assert asking.score(b'{"input_data": ' + b"[" * 5_000_000)[0] == 400
        assert asking.score(body(2)) == (200, [4.0])

        asking.score(body(13))
        assert processes.size(replica.pid).processes <= 41
        assert replica.groups or processes.outgrown(replica.pid, Limits(processes=3))
        assert good.score(body(3)) == (200, [6.0])

        with pytest.raises(ConnectionError):
            asking.score(body(14))
        processes.end(replica)
        assert nothing_left(replica)
        assert good.score(body(4)) == (200, [8.0])

    with running(launch) as (asking, replica):
        asking._link.settimeout(0.3)
        with pytest.raises(TimeoutError):
            asking.score(body(15))
        assert processes.end(replica) == -9
        assert nothing_left(replica)


def test_a_replica_dies_with_its_front(tmp_path: Path) -> None:
    """The kernel sees to it: what starts a replica here is a process that is then killed."""
    front = (
        "import sys, time; from pathlib import Path; from drivetrain.serve import processes\n"
        "from drivetrain.serve.model import Launch, Speaks\n"
        "launch = Launch(command=('/bin/sleep', '600'), folder='/', speaks=Speaks.HTTP)\n"
        "print(processes.start(launch, {}, folder=Path(sys.argv[1]), log=2).pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", front, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert processes.size(pid).processes == 1
        process.kill()
    until = time.monotonic() + 60
    while processes.size(pid).processes and time.monotonic() < until:
        time.sleep(0.01)
    assert processes.size(pid).processes == 0


def test_a_replica_has_limits_and_no_way_to_more(tmp_path: Path) -> None:
    show = (
        "ulimit -c; ulimit -n; ulimit -d; umask; grep -E 'NoNewPrivs' /proc/self/status; cat /proc/self/oom_score_adj"
    )
    launch = Launch(
        command=("/bin/sh", "-c", show), folder="/", speaks=Speaks.HTTP, limits=Limits(memory_mb=64, open_files=99)
    )
    with (tmp_path / "log").open("wb") as log:
        replica = processes.start(launch, {}, folder=tmp_path / "own", log=log)
        assert replica.process.wait() == 0
    processes.end(replica)
    assert (tmp_path / "log").read_text().split() == ["0", "99", "65536", "0077", "NoNewPrivs:", "1", "1000"]
    assert (tmp_path / "own" / "home").stat().st_mode & 0o777 == 0o700
