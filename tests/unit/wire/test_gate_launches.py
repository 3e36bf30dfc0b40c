"""A real scikit-learn model, started as a deployment is, asked and scored; in the environment that is here."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from drivetrain.definition.gate.model import Direction, Evaluation, GateFile, Kind, LatencyRule, MetricRule
from drivetrain.registry.versions.model import ModelVersion
from drivetrain.serve.evaluate.evaluator import ServedEvaluator
from drivetrain.serve.prepare import launches
from drivetrain.serve.prepare.description import described
from drivetrain.serve.prepare.program import program
from drivetrain.serve.prepare.saved_model import read_saved_model
from drivetrain.wire.gating.launches import PreparedLaunches

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.serve.model import Deployment, Launch

MLMODEL = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, predict_fn: predict}
  sklearn: {pickled_model: model.pkl, serialization_format: pickle}
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "double", "name": "b", "required": true}]'
  outputs: '[{"type": "string", "required": true}]'
"""


class Here:
    """The Prepare port, of one folder of files, without the trials that choose a runtime."""

    def __init__(self, files: Path, serving: Path) -> None:
        self._files = files
        self._serving = serving

    def __call__(self, deployment: Deployment, say: Callable[[str], None]) -> Launch:
        say(f"preparing {deployment.spec.model}")
        saved = read_saved_model(self._files)
        assert saved is not None
        place = self._serving / "models" / "m"
        return launches.of_model(Path(sys.executable), program(self._serving), described(saved), place, "", "")


def test_a_classifier_is_served_by_its_labels_and_scored_by_its_probabilities_too(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(random.normal(size=(80, 2)), columns=["a", "b"])
    target = np.where(frame["a"] + 0.3 * random.normal(size=80) > 0, "yes", "no")
    model = LogisticRegression().fit(frame, target)
    files = tmp_path / "files"
    files.mkdir()
    (files / "MLmodel").write_text(MLMODEL)
    (files / "requirements.txt").write_text("scikit-learn\n")
    (files / "model.pkl").write_bytes(pickle.dumps(model))
    frame.assign(y=target, half=["left", "right"] * 40).to_csv(tmp_path / "data.csv", index=False)

    version = ModelVersion("m", "1", flavors=("sklearn", "python_function"))
    said: list[str] = []
    prepared = PreparedLaunches(Here(files, tmp_path / "serving"), said.append)
    gate = GateFile(
        "g",
        (
            MetricRule("accuracy", Direction.HIGHER, column="half"),
            MetricRule("roc_auc", Direction.HIGHER),
            LatencyRule(most_ms=1000),
        ),
        Evaluation("data.csv", "y", Kind.CLASSIFICATION, 5),
    )
    found = ServedEvaluator(lambda: prepared).evaluate(version, tmp_path / "data.csv", gate)
    whole, left, right = found.slices
    assert whole.metrics["accuracy_score"] == (model.predict(frame) == target).mean()
    assert (left.metrics["accuracy_score"] + right.metrics["accuracy_score"]) / 2 == whole.metrics["accuracy_score"]
    assert whole.metrics["roc_auc"] > 0.9
    assert not whole.problems
    assert len(found.latencies) == 5
    assert said == ["preparing m:1"] * 2
