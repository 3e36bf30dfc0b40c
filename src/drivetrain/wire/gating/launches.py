"""How versions of models are started for an evaluation: as they are when they are deployed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.serve.model import Deployment, DeploymentSpec, Launch, Runtime
from drivetrain.serve.prepare import launches
from drivetrain.wire.serving.preparing import prepare_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.wire.storage import Storage

_PROBABILITIES = "predict_proba"


class PreparedLaunches:
    """The Launches port, on what prepares deployments. What was prepared once, by the digest of
    the version's files, is there at once.
    """

    def __init__(self, storage: Storage, say: Callable[[str], None], *, allow_install: bool) -> None:
        """`say` is told what takes its time."""
        self._prepare = prepare_of(storage, allow_install=allow_install)
        self._kept = storage.home.serving / "evaluated"
        self._say = say

    def launch(self, version: ModelVersion) -> Launch:
        """How a replica of it is started when it is deployed with nothing said."""
        return self._prepared(version, Runtime.AUTO)

    def probabilities(self, version: ModelVersion) -> Launch | None:
        """How one is started that answers with probabilities; None when the model does not have them."""
        if "sklearn" not in version.flavors:
            return None
        native = self._prepared(version, Runtime.NATIVE)
        python, program, _, file = native.command
        description = json.loads(Path(file).read_bytes())
        if description["flavour"] != "sklearn":
            return None
        asked = {**description, "predict": _PROBABILITIES}
        return launches.of_model(
            Path(python), Path(program), asked, Path(native.folder), native.runtime, "probabilities are asked for"
        )

    def _prepared(self, version: ModelVersion, runtime: Runtime) -> Launch:
        kept = self._kept / f"{version.digest.partition(':')[2]}-{runtime}.json" if version.digest else None
        launch = _read(kept) if kept else None
        if launch is not None:
            return launch
        spec = DeploymentSpec(model=version.reference, runtime=runtime)
        launch = self._prepare(Deployment("gate", "gate", spec), self._say)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            waiting = kept.with_suffix(f".{os.getpid()}")
            waiting.write_bytes(msgspec.json.encode(launch))
            waiting.replace(kept)
        return launch


def _read(kept: Path) -> Launch | None:
    """What was prepared for the same files; None when any part of it is not there any more."""
    try:
        launch = msgspec.json.decode(kept.read_bytes(), type=Launch)
    except (OSError, msgspec.MsgspecError):
        return None
    paths = [Path(word) for word in (*launch.command, launch.folder) if word.startswith("/")]
    return launch if all(path.exists() for path in paths) else None
