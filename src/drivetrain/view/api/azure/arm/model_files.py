"""The files of models: found where a client says they are, and brought to where MLflow keeps a model's."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from drivetrain.errors import NotFoundError

_DATASTORE = re.compile(r"azureml://(?:subscriptions/.+/)?datastores/([^/]+)/paths/(.+)", re.IGNORECASE)
_JOB = re.compile(r"azureml://jobs/([^/]+)/outputs/([^/]+)(?:/paths)?(?:/(.*))?", re.IGNORECASE)
_RUN = re.compile(r"runs:/+([^/]+)/(.+)")
_ARTIFACT = re.compile(r"ExperimentRun/dcid\.([^/]+)/(.+)")
_LARGEST_MLMODEL = 1024 * 1024


class Place(Struct, frozen=True):
    """Where files are said to be: below a training run, or in a datastore."""

    path: str
    run_id: str = ""
    output: str = ""
    """The output of a job; empty for the run's artifacts."""
    datastore: str = ""


def place_of(uri: str) -> Place | None:
    """What a URI of a model means; None for what lies anywhere else."""
    if found := _RUN.fullmatch(uri):
        return Place(found[2].strip("/"), run_id=found[1])
    if found := _JOB.fullmatch(uri):
        output = "" if found[2] == "artifacts" else found[2]
        return Place((found[3] or "").strip("/"), run_id=found[1], output=output)
    if found := _DATASTORE.fullmatch(uri):
        artifact = _ARTIFACT.fullmatch(found[2])
        if found[1] == "workspaceartifactstore" and artifact:
            return Place(artifact[2].strip("/"), run_id=artifact[1])
        return Place(found[2].strip("/"), datastore=found[1])
    return None


def bring(source: Path, target: Path) -> None:
    """Copy the files of `source`, a file or a folder, into the folder `target`: a job may write anew where they were.
    Links of users lead nowhere. Raises NotFoundError when there is nothing.
    """
    if source.is_symlink() or not source.exists():
        raise NotFoundError("there are no files at the model's path", hint="upload them first")
    target.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copyfile(source, target / source.name)
        return
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        for name in folders:
            (here / name).mkdir(exist_ok=True)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                shutil.copyfile(path, here / name)


def flavors_in(folder: Path) -> dict[str, Any]:
    """What the `MLmodel` file of a folder says of how the model can be loaded; nothing where there is none.

    https://mlflow.org/docs/latest/ml/model/#storage-format
    """
    path = folder / "MLmodel"
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST_MLMODEL:
            return {}
        said = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError, RecursionError):
        return {}
    flavors = said.get("flavors") if isinstance(said, dict) else None
    if not isinstance(flavors, dict):
        return {}
    return {str(name): {"data": _texts(data)} for name, data in flavors.items()}


def _texts(data: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in data.items()} if isinstance(data, dict) else {}
