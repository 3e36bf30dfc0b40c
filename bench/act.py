"""The same trivial work by act in host mode and by `drivetrain run`, whole commands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figure import Figure
from bench.timing import command, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent
ROUNDS = 9
FEW, MANY, LEGS = 10, 60, 20


def act(folder: Path, name: str, workflow: str) -> Callable[[], None]:
    path = folder / f"{name}.yml"
    path.write_text(workflow, encoding="utf-8")
    home = folder.parent / "act-home"
    home.mkdir(exist_ok=True)
    env = dict(os.environ, HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    options = ["-P", "ubuntu-latest=-self-hosted", "-W", str(path), "--no-cache-server"]
    return command(BIN / "act", "push", *options, cwd=folder, env=env)


def drivetrain(folder: Path, name: str, pipeline: str) -> Callable[[], None]:
    path = folder / f"azure-{name}.yml"
    path.write_text(pipeline, encoding="utf-8")
    env = dict(os.environ, DRIVETRAIN_HOME=str(folder.parent / "home"))
    return command(BIN / "drivetrain", "run", path.name, cwd=folder, env=env)


def act_steps(count: int) -> str:
    return "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n" + "    - run: 'true'\n" * count


def our_steps(count: int) -> str:
    return "steps:\n- checkout: none\n" + "- script: 'true'\n" * count


def act_matrix(legs: int) -> str:
    numbers = ", ".join(str(number) for number in range(legs))
    return (
        f"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        n: [{numbers}]\n"
        "    steps:\n    - run: 'true'\n"
    )


def our_matrix(legs: int) -> str:
    rows = "".join(f"      leg{number}: {{n: '{number}'}}\n" for number in range(legs))
    return f"jobs:\n- job: one\n  strategy:\n    matrix:\n{rows}  steps:\n  - checkout: none\n  - script: 'true'\n"


def version() -> str:
    done = subprocess.run([BIN / "act", "--version"], capture_output=True, text=True, check=True)
    return f"act {done.stdout.split()[-1]}, host mode"


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "repository")
        subprocess.run(["git", "init", "-q", folder], check=True)
        few, ours_few, many, ours_many, matrix, ours_matrix = in_turn(
            ROUNDS,
            act(folder, "few", act_steps(FEW)),
            drivetrain(folder, "few", our_steps(FEW)),
            act(folder, "many", act_steps(MANY)),
            drivetrain(folder, "many", our_steps(MANY)),
            act(folder, "matrix", act_matrix(LEGS)),
            drivetrain(folder, "matrix", our_matrix(LEGS)),
        )
    step, our_step = ((long - short) / (MANY - FEW) * 1000 for long, short in ((many, few), (ours_many, ours_few)))
    peer = version()
    return [
        Figure("one more step", our_step, "ms", peer, step, limit=1),
        Figure(f"{FEW} steps, whole command", ours_few, "s", peer, few, limit=2),
        Figure(f"matrix of {LEGS} jobs, whole command", ours_matrix, "s", peer, matrix, limit=1.5),
    ]
