"""What the files beside a model say of it: `MLmodel`, `requirements.txt`, `python_env.yaml`. Text only; a model itself
is never loaded here.

https://mlflow.org/docs/latest/ml/model/#storage-format
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_BYTES = 1_000_000
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*={2,3}\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)\s*(?:;.*)?")
_SIDES = ("inputs", "outputs", "params")


class ModelFile(Struct, frozen=True):
    """What an `MLmodel` file says."""

    flavors: tuple[str, ...] = ()
    signature: dict[str, Any] = field(default_factory=dict)
    """`inputs`, `outputs`, `params`, each a list of columns."""
    python: str = ""
    packages: dict[str, str] = field(default_factory=dict)
    """The exact ones of `requirements.txt`."""


def read_model_file(folder: Path) -> ModelFile:
    """What there is; of files that are broken, too large, or a link: nothing."""
    said = read_yaml(folder / "MLmodel")
    flavors = said.get("flavors")
    names = tuple(sorted(map(str, flavors))) if isinstance(flavors, dict) else ()
    packages = pins(_text(folder / "requirements.txt"))
    return ModelFile(names, _signature(said.get("signature")), _python(folder, flavors), packages)


def pins(requirements: str) -> dict[str, str]:
    """The exact version of each package that the lines of a requirements file say one of, by its normal name.

    https://packaging.python.org/specifications/name-normalization/
    """
    found = (_PIN.fullmatch(line.partition(" #")[0].strip()) for line in requirements.splitlines())
    return {normal(each[1]): each[2] for each in found if each}


def normal(package: str) -> str:
    """The one name of a package that all its spellings mean."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _python(folder: Path, flavors: object) -> str:
    said = read_yaml(folder / "python_env.yaml").get("python")
    if isinstance(said, str):
        return said[:40]
    function = flavors.get("python_function") if isinstance(flavors, dict) else None
    version = function.get("python_version") if isinstance(function, dict) else None
    return version[:40] if isinstance(version, str) else ""


def _signature(said: object) -> dict[str, Any]:
    """Its sides are JSON in text."""
    found: dict[str, Any] = {}
    for side in _SIDES if isinstance(said, dict) else ():
        columns = _json(said.get(side)) if isinstance(said, dict) else None
        if isinstance(columns, list):
            found[side] = columns
    return found


def _json(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


class _Loader(yaml.SafeLoader):
    """Without merge keys, by which a short file may become an endless one."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave `<<` where it is; it has no meaning here, and is an error."""


def read_yaml(path: Path) -> Mapping[str, Any]:
    """What such a file says; nothing when it is broken, too large, or a link."""
    try:
        said = yaml.load(_text(path), _Loader)  # noqa: S506 - it is a SafeLoader
    except Exception:  # noqa: BLE001 - PyYAML raises KeyError, IndexError, AttributeError, ... for `!!bool x` and the like
        return {}
    return said if isinstance(said, dict) else {}


def _text(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
