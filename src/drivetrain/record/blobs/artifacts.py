"""The container of artifacts: what Azure ML calls `ExperimentRun/dcid.<run>/` is the folder in which MLflow keeps the
artifacts of that training run, so there is one of each file, whichever client made it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.record.blobs.model import BlobRefusedError, Refusal

if TYPE_CHECKING:
    from pathlib import Path

ARTIFACTS = "azureml"
_ORIGIN = "ExperimentRun"
_RUN = "dcid."
_LOGGED = re.compile(r"m-[0-9a-f]{32}")
"""The id of a logged model, which has artifacts as a run has."""
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}")


class RunFolders:
    """Finds them below `HOME/mlflow/artifacts/<experiment>/<run>/artifacts`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Path] = {}

    def __call__(self, container: str, parts: tuple[str, ...]) -> tuple[Path, tuple[str, ...]] | None:
        """The folder of a run's artifacts and the parts of the name in it; None when the name is not of a run. Raises
        BlobRefusedError when that run's folder is not there.
        """
        run_id = run_of(container, "/".join(parts[:3]))
        if not run_id:
            return None
        folder = self.of(run_id)
        if folder is None:
            raise BlobRefusedError(Refusal.BLOB_NOT_FOUND, f"there are no artifacts of a training run '{run_id}'")
        return folder, parts[2:]

    def of(self, run_id: str) -> Path | None:
        """The folder of a run's artifacts, if one was made."""
        found = self._known.get(run_id)
        if found is None and (found := self._search(run_id)) is not None:
            self._known = {**self._known, run_id: found} if len(self._known) < 1000 else {run_id: found}  # noqa: PLR2004
        return found

    def make(self, run_id: str, experiment_id: str) -> Path:
        """The folder of a run's artifacts, made if it is not there."""
        models = ("models",) if _LOGGED.fullmatch(run_id) else ()
        folder = self._folder.joinpath(experiment_id, *models, run_id, "artifacts")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _search(self, run_id: str) -> Path | None:
        try:
            experiments = [entry.path for entry in os.scandir(self._folder) if entry.is_dir()]
        except OSError:
            return None
        models = ("models",) if _LOGGED.fullmatch(run_id) else ()
        found = (self._folder.joinpath(path, *models, run_id, "artifacts") for path in experiments)
        return next((path for path in found if path.is_dir()), None)


def run_of(container: str, name: str) -> str:
    """The training run whose artifact (or whose artifacts, for a prefix) a name of that container means; else empty."""
    parts = name.split("/")
    if container != ARTIFACTS or len(parts) < 3 or parts[0] != _ORIGIN or not parts[1].startswith(_RUN):  # noqa: PLR2004
        return ""
    run_id = parts[1].removeprefix(_RUN)
    return run_id if _RUN_ID.fullmatch(run_id) else ""


def artifact_name(run_id: str, path: str) -> str:
    """The name of the blob that is a run's artifact."""
    return f"{_ORIGIN}/{_RUN}{run_id}/{path}"
