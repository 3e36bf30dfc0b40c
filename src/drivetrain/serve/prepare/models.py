"""A model without a script -> how its replicas are started: by ONNX Runtime where its answers are the same there, else
by its own library.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.serve.model import DeploymentSpec, Runtime
from drivetrain.serve.prepare import launches, packages
from drivetrain.serve.prepare.description import CONVERTIBLE, NAMES
from drivetrain.serve.prepare.program import program
from drivetrain.serve.prepare.trial import tried

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.model import EnvironmentSpec, Launch
    from drivetrain.serve.prepare.ports import Environments, Say
    from drivetrain.serve.prepare.saved_model import Example, SavedModel

_SHOWN_ROWS = 2
_PACKAGES = {"sklearn": ("scikit-learn",), "xgboost": ("xgboost", "xgboost-cpu"), "pyfunc": ("mlflow", "mlflow-skinny")}


class ModelDeployment(Struct, frozen=True):
    """One model that is to be served, and what that needs."""

    spec: DeploymentSpec
    saved: SavedModel
    description: dict[str, Any]
    """What a replica is told of it."""
    place: Path
    """Where what is made of it is kept: `serving/models/DIGEST`."""
    serving: Path
    environments: Environments
    say: Say

    def launch(self) -> Launch:
        """How its replicas are started. Raises UserError."""
        if self._flavour == "onnx":
            return self._by_onnx_runtime(self.description, "it is an ONNX model")
        wanted = self._wanted()
        converted, why = self._converted(wanted)
        if converted is not None:
            return self._by_onnx_runtime(converted, why)
        if self.spec.runtime is Runtime.ONNX:
            raise UserError(f"the model cannot be run by ONNX Runtime: {why}", hint="choose the runtime auto or native")
        return self._by_its_own(wanted, why)

    @property
    def _flavour(self) -> str:
        return str(self.description["flavour"])

    def _wanted(self) -> EnvironmentSpec:
        """The deployment's environment, else what the model says that it needs."""
        own = self.spec.environment
        wanted = self.saved.environment if packages.is_empty(own) else own
        if packages.is_empty(wanted):
            raise UserError(
                f"nothing says which packages the {NAMES[self._flavour]} model needs",
                hint="give the deployment an environment, or save the model by mlflow.<flavor>.save_model",
            )
        return wanted

    def _converted(self, wanted: EnvironmentSpec) -> tuple[dict[str, Any] | None, str]:
        """What the replica of the converted model is told, and why it is converted, or is not."""
        if self.spec.runtime is Runtime.NATIVE:
            return None, "it was asked for"
        if self._flavour not in CONVERTIBLE:
            return None, f"models of {NAMES[self._flavour]} are not converted"
        if self.saved.params:
            return None, "its signature has parameters, which ONNX Runtime does not know"
        try:
            report = self._conversion(wanted)
        except DrivetrainError as error:
            return None, f"it could not be converted: {error.message}"[:500]
        self.say(f"ONNX: {report['why']}")
        if not report["converted"]:
            return None, str(report["why"])
        onnx = {"flavour": "onnx", "model": report["model"], "onnx": report["onnx"], "joins": report["joins"]}
        return {**onnx, "inputs": self.description["inputs"]}, str(report["why"])

    def _conversion(self, wanted: EnvironmentSpec) -> dict[str, Any]:
        self.say("Converting the model to ONNX, in its own environment")
        python = self.environments(packages.to_convert(wanted), packages.CONVERTERS, self.say)
        only_complete = self.spec.runtime is Runtime.ONNX
        return self._tried(python, self.description, self.saved.example, convert=True, complete=only_complete)

    def _by_onnx_runtime(self, description: dict[str, Any], why: str) -> Launch:
        python = self.environments(packages.ONNX, (), self.say)
        report = self._tried(python, description, self.saved.example)
        return self._started(python, description, f"onnxruntime {report['versions'].get('onnxruntime', '')}", why)

    def _by_its_own(self, wanted: EnvironmentSpec, why: str) -> Launch:
        python = self.environments(wanted, (), self.say)
        self.say("Trying the model once")
        report = self._tried(python, self.description, self.saved.example)
        joins = bool(report["joins"]) and self._flavour in CONVERTIBLE
        return self._started(python, {**self.description, "joins": joins}, self._runtime(report["versions"]), why)

    def _tried(
        self, python: Path, description: dict[str, Any], example: Example | None, **asked: bool
    ) -> dict[str, Any]:
        return tried(python, description, example, self.place, launches.default_limits(), **asked)

    def _started(self, python: Path, description: dict[str, Any], runtime: str, why: str) -> Launch:
        return launches.of_model(python, program(self.serving), description, self.place, runtime.strip(), why)

    def _runtime(self, versions: dict[str, str]) -> str:
        name = "scikit-learn" if self._flavour == "sklearn" else NAMES[self._flavour]
        found = [versions[each] for each in _PACKAGES.get(self._flavour, (self._flavour,)) if each in versions]
        return f"{name} {found[0] if found else ''}"


def request_body(example: Example | None) -> str:
    """The example as a request of Azure's shape; empty when there is none."""
    if example is None:
        return ""
    if example.tensors is not None:
        return json.dumps({"input_data": example.tensors})
    rows = [list(row) for row in example.rows[:_SHOWN_ROWS]]
    split = {"columns": list(example.names), "index": list(range(len(rows))), "data": rows}
    return json.dumps({"input_data": split})
