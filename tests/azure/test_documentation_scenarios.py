"""What Azure's documentation does with azure-ai-ml, start to end: each scenario is a script that cites its page, and
the JSON that it comes to. What training runs logged is read back by plain MLflow REST.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.azure.compat.interpreters import Interpreter
from tests.azure.conftest import SUBSCRIPTION, python_of
from tests.azure.saved_models import save_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.azure.conftest import Served

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="module")
def interpreter(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interpreter]:
    """One process that has imported the client; every scenario is a child of it."""
    python = python_of("ml")
    own = {"SUBSCRIPTION": SUBSCRIPTION, "MODELS": str(save_models(tmp_path_factory.mktemp("models")))}
    started = Interpreter(python, ["azure.ai.ml", "azure.identity"], {**served.environment(), **own})
    yield started
    started.close()


def logged(served: Served, run: str) -> Any:
    """What MLflow has of a training run."""
    request = urllib.request.Request(
        f"{served.info.url}/mlflow/api/2.0/mlflow/runs/get?run_id={run}",
        headers={"Authorization": f"Bearer {served.owner_token}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["run"]["data"]


@pytest.mark.parametrize("script", [pytest.param(path, id=path.stem) for path in SCENARIOS])
def test_a_scenario(script: Path, interpreter: Interpreter, served: Served, tmp_path: Path) -> None:
    assert "https://learn.microsoft.com/azure/machine-learning/" in script.read_text("utf-8").split('"""')[1]
    expected = json.loads(script.with_suffix(".json").read_text("utf-8"))
    done = interpreter.run(script, [], tmp_path)
    assert done.status == 0, done.output[-6000:]
    said = done.document
    if mlflow := expected.pop("mlflow", None):
        data = logged(served, said.pop("job"))
        metrics = {each["key"]: each["value"] for each in data["metrics"]}
        if isinstance(mlflow["metrics"], list):
            assert sorted(metrics) == mlflow["metrics"]
        else:
            params = {each["key"]: each["value"] for each in data["params"]}
            assert {"params": params, "metrics": metrics} == mlflow
    assert said == expected


def test_every_scenario_says_what_it_comes_to() -> None:
    assert [path.stem for path in SCENARIOS] == sorted(path.stem for path in FOLDER.glob("*.json"))
