"""How versions of models are started for an evaluation: as they are when they are deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.serve.model import Deployment, DeploymentSpec, Runtime
from drivetrain.serve.prepare import launches
from drivetrain.serve.prepare.description import CONVERTIBLE
from drivetrain.wire.serving.preparing import prepare_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.serve.model import Launch
    from drivetrain.serve.ports import Prepare
    from drivetrain.wire.storage import Storage


def launches_of(storage: Storage, say: Callable[[str], None], *, allow_install: bool) -> PreparedLaunches:
    """Those of a home."""
    return PreparedLaunches(prepare_of(storage, allow_install=allow_install), say)


_PROBABILITIES = "predict_proba"


class PreparedLaunches:
    """The Launches port, on what prepares deployments. What was prepared once is there at once."""

    def __init__(self, prepare: Prepare, say: Callable[[str], None]) -> None:
        """`say` is told what takes its time."""
        self._prepare = prepare
        self._say = say

    def launch(self, version: ModelVersion) -> Launch:
        """How a replica of it is started when it is deployed with nothing said."""
        return self._prepared(version, Runtime.AUTO)

    def probabilities(self, version: ModelVersion) -> Launch | None:
        """How one is started that answers with probabilities; None when the model does not have them."""
        if CONVERTIBLE.isdisjoint(version.flavors):
            return None
        native = self._prepared(version, Runtime.NATIVE)
        python, program, _, file = native.command
        description = json.loads(Path(file).read_bytes())
        if not _has_probabilities(description):
            return None
        asked = {**description, "predict": _PROBABILITIES}
        return launches.of_model(
            Path(python), Path(program), asked, Path(native.folder), native.runtime, "probabilities are asked for"
        )

    def _prepared(self, version: ModelVersion, runtime: Runtime) -> Launch:
        spec = DeploymentSpec(model=version.reference, runtime=runtime)
        return self._prepare(Deployment("gate", "gate", spec), self._say)


def _has_probabilities(description: Mapping[str, Any]) -> bool:
    """A booster answers with them by itself; the classifiers of LightGBM and XGBoost have scikit-learn's functions."""
    flavour = description["flavour"]
    return flavour == "sklearn" or (flavour in CONVERTIBLE and str(description["class"]).endswith("Classifier"))
