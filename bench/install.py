"""The example's install step, on a machine that has run it before, against uv and against pip.

Everything starts from nothing but caches: the environment is made each time. The packages come from the same index in
the same minutes. pip takes about a minute, so it is measured once, after one run that fills its cache.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figure import Figure
from bench.timing import command, seconds
from drivetrain.run.environments.default_python import prepare
from drivetrain.run.environments.interpreters import Interpreter, SearchPath
from drivetrain.run.environments.job_environment import use_version
from drivetrain.run.environments.resolution import resolve_interpreter
from drivetrain.run.environments.uv_program import uv_path, uv_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PACKAGES = ("scikit-learn", "pandas", "matplotlib", "mlflow-skinny")
VERSION = "3.11"
ROUNDS = 5
SCRIPT = """\
set -e
python --version
python -m pip install --upgrade pip
pip install -r requirements.txt
"""
IMPORT = "import sklearn.ensemble, pandas, matplotlib.pyplot, mlflow"


class Machine:
    """One folder with the caches of all three, and a new environment for each run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.interpreter: Interpreter = resolve_interpreter(VERSION, SearchPath.of_machine(self.home))
        self.environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.count = 0
        (root / "requirements.txt").write_text("\n".join(PACKAGES) + "\n")

    def fresh(self) -> Path:
        self.count += 1
        return self.root / f"environment{self.count}"

    def ours(self) -> Path:
        job = self.fresh()
        given, python = prepare(job, self.home), use_version(job, self.home, self.interpreter)
        path = os.pathsep.join([*python.path_prepend, *given.path_prepend, self.environ["PATH"]])
        self._run("bash", "-c", SCRIPT, more=given.variables | python.variables | {"PATH": path})
        return python.python

    def uv(self) -> Path:
        prefix = self.fresh()
        cache = {"UV_CACHE_DIR": str(self.root / "uv-cache"), "VIRTUAL_ENV": str(prefix)}
        self._run(uv_path(), "venv", "--python", self.interpreter.path, prefix, more=cache)
        self._run(uv_path(), "pip", "install", "-r", "requirements.txt", more=cache)
        return prefix / "bin/python"

    def pip(self) -> Path:
        prefix = self.fresh()
        self._run(self.interpreter.path, "-m", "venv", prefix)
        cache = {"PIP_CACHE_DIR": str(self.root / "pip-cache")}
        self._run(prefix / "bin/pip", "install", "-r", "requirements.txt", more=cache)
        return prefix / "bin/python"

    def first_import(self, python: Path) -> float:
        """Seconds of processor time: on a busy machine the clock says more of its neighbours."""
        before = os.times()
        self._run(python, "-c", IMPORT)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def _run(self, *words: str | Path, more: Mapping[str, str] | None = None) -> None:
        command(*words, cwd=self.root, env=self.environ | dict(more or {}))()


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="drivetrain-install-") as name:
        machine = Machine(Path(name))
        for warm in (machine.ours, machine.uv, machine.pip):
            shutil.rmtree(_prefix(warm()))
        pip_time, pip_python = _timed(machine.pip)
        ours, uv, our_imports, pip_imports = [], [], [], []
        for _ in range(ROUNDS):
            took, python = _timed(machine.ours)
            ours.append(took)
            our_imports.append(machine.first_import(python))
            pip_imports.append(
                machine.first_import(pip_python)
            )  # in turn: the machine is not equally busy all the time
            shutil.rmtree(_prefix(python))
            took, python = _timed(machine.uv)
            uv.append(took)
            shutil.rmtree(_prefix(python))
    return _figures([*map(statistics.median, (ours, uv, our_imports, pip_imports)), pip_time])


def _timed(make: Callable[[], Path]) -> tuple[float, Path]:
    made: list[Path] = []
    return seconds(lambda: made.append(make())), made[0]


def _prefix(python: Path) -> Path:
    return python.parent.parent


def _figures(medians: list[float]) -> list[Figure]:
    ours, uv, our_import, pip_import, pip = medians
    what = "the example's install step, run before"
    uv_note = "ours compiles what is new and upgrades pip too; uv does neither"
    return [
        Figure(what, ours, "s", f"uv {uv_version()} venv && uv pip install", uv, 1.3, note=uv_note),
        Figure(what, ours, "s", "python -m venv && pip install, cache warm", pip, 0.1, note="pip measured once"),
        Figure(
            "first import in it",
            our_import,
            "s",
            "in pip's environment",
            pip_import,
            1.05,
            note="not slower; processor time, measured in turn, 5 % is noise",
        ),
    ]


def main() -> None:
    for figure in measure():
        print(figure, f"ratio {figure.ratio:.3f}", "kept" if figure.passed else "BROKEN")


if __name__ == "__main__":
    main()
