"""A model as MLflow saves it: what `MLmodel` and the files beside it say. Text only: nothing here loads a model.

https://mlflow.org/docs/latest/ml/model/#storage-format
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.serve.model import EnvironmentSpec

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 8_000_000
_MOST_ROWS = 64
MLMODEL = "MLmodel"


class Example(Struct, frozen=True):
    """The model's own example, as rows of columns or as tensors."""

    names: tuple[str, ...] = ()
    rows: tuple[list[Any], ...] = ()
    tensors: Any = None


class SavedModel(Struct, frozen=True):
    """What is known of it without loading it."""

    folder: Path
    flavors: dict[str, dict[str, Any]]
    inputs: tuple[dict[str, Any], ...] = ()
    """Columns or tensors of the signature; empty when it has none."""
    outputs: tuple[dict[str, Any], ...] = ()
    params: tuple[dict[str, Any], ...] = ()
    environment: EnvironmentSpec = EnvironmentSpec()
    example: Example | None = None

    @property
    def tensors(self) -> bool:
        """Whether its signature is one of tensors."""
        return bool(self.inputs) and "tensor-spec" in self.inputs[0]


class _Loader(yaml.SafeLoader):
    """Without merge keys, by which a short file may become an endless one."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave `<<` where it is."""


def read_saved_model(files: Path) -> SavedModel | None:
    """The model in the folder, or in the one folder below it that has a MLmodel file; None when there is none.

    Raises:
        UserError: the file cannot be understood.
    """
    folder = next(
        (each.parent for each in (files / MLMODEL, *sorted(files.glob(f"*/{MLMODEL}"))) if each.is_file()), None
    )
    if folder is None:
        return None
    said = _yaml(folder / MLMODEL)
    flavors = said.get("flavors")
    if not isinstance(flavors, dict) or not all(isinstance(each, dict) for each in flavors.values()):
        raise UserError(f"{folder / MLMODEL} names no flavors", hint="save the model by mlflow.<flavor>.save_model")
    signature = said.get("signature")
    sides = signature if isinstance(signature, dict) else {}
    inputs, outputs, params = (_columns(sides.get(name)) for name in ("inputs", "outputs", "params"))
    example = _example(folder, said.get("saved_input_example_info"))
    return SavedModel(folder, flavors, inputs, outputs, params, _environment(folder, flavors), example)


def _columns(text: object) -> tuple[dict[str, Any], ...]:
    try:
        found = json.loads(text) if isinstance(text, str) else ()
    except (ValueError, RecursionError):
        return ()
    return tuple(found) if isinstance(found, list) and all(isinstance(each, dict) for each in found) else ()


def _environment(folder: Path, flavors: dict[str, dict[str, Any]]) -> EnvironmentSpec:
    """What the model says that it needs: requirements and version of Python, else the conda file."""
    function = flavors.get("python_function", {})
    lines = _text(folder / "requirements.txt").splitlines()
    python = _yaml(folder / "python_env.yaml").get("python") or function.get("python_version") or ""
    packages = tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if packages:
        return EnvironmentSpec(python=minor(str(python)), requirements=packages)
    return EnvironmentSpec(python=minor(str(python)), conda=_text(folder / "conda.yaml"))


def minor(version: str) -> str:
    """3.11 of 3.11.7: pickles are read by any release of the same minor version."""
    return ".".join(version.split(".")[:2])


def _example(folder: Path, said: object) -> Example | None:
    if not isinstance(said, dict):
        return None
    for name in (said.get("serving_input_path"), said.get("artifact_path")):
        found = _json(folder, name)
        made = _of_body(found) if found is not None else None
        if made is not None:
            return made
    return None


def _of_body(body: Any) -> Example | None:
    """A request of MLflow's shape, or the split frame that older versions wrote alone."""
    if not isinstance(body, dict):
        return None
    split = body.get("dataframe_split", body)
    if isinstance(split, dict) and isinstance(split.get("data"), list) and isinstance(split.get("columns"), list):
        rows = [row for row in split["data"][:_MOST_ROWS] if isinstance(row, list)]
        return Example(tuple(map(str, split["columns"])), tuple(rows)) if rows else None
    tensors = body.get("inputs", body.get("instances"))
    return Example(tensors=tensors) if tensors is not None else None


def _json(folder: Path, name: object) -> Any:
    if not isinstance(name, str) or not inside(folder, name):
        return None
    try:
        return json.loads(_text(folder / name))
    except (ValueError, RecursionError):
        return None


def inside(folder: Path, name: str) -> bool:
    """Whether a name that the model's files say is a place in its folder."""
    return (folder / name).resolve().is_relative_to(folder.resolve())


def _yaml(path: Path) -> dict[str, Any]:
    try:
        said = yaml.load(_text(path), _Loader)  # noqa: S506 - it is a SafeLoader
    except Exception as error:  # PyYAML raises KeyError, IndexError, AttributeError, ... for `!!bool x` and the like
        raise UserError(f"{path} cannot be read: {str(error)[:300]}", hint="save the model again") from error
    return said if isinstance(said, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""
