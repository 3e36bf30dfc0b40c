"""Which jobs share an environment."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from drivetrain.run.azureml.layered import layers_of


def shared(*packages: str, **environment: str) -> Path:
    layout = SimpleNamespace(job=Path("/job"))
    context: Any = SimpleNamespace(environment=lambda: environment, job=SimpleNamespace(home=Path("/h"), layout=layout))
    interpreter: Any = SimpleNamespace(version="3.12.1", path=Path("/usr/bin/python3.12"))
    return layers_of(context, interpreter, packages).shared


def test_those_with_the_same_packages_and_constraints() -> None:
    assert shared("a", "b") == shared("b", "a", OTHER="x")
    one, other = (shared("a", "b", PIP_CONSTRAINT=f"/locks/{number}.txt") for number in (1, 2))
    assert len({shared("a", "b"), shared("a"), one, other}) == 4
    assert one == shared("b", "a", PIP_CONSTRAINT="/locks/1.txt")
