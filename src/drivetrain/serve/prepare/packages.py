"""Which packages go into which environment. Pure."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.serve.model import EnvironmentSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

ONNX = EnvironmentSpec(
    python=f"{sys.version_info.major}.{sys.version_info.minor}", requirements=("onnxruntime>=1.20", "orjson>=3.9")
)
"""Of all models that ONNX Runtime runs: one environment for a home."""
CONVERTERS = ("skl2onnx>=1.14", "onnxmltools>=1.11", "onnx", "onnxruntime", "pandas")
"""Beside the model's own packages, while it is converted. Which versions of them fit is found by uv."""
SCRIPT_SERVER = "azureml-inference-server-http"
_NOT_TO_CONVERT = frozenset({"mlflow", "mlflow-skinny"})
"""Most of the time of making an environment, and no converter needs it."""
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def to_convert(spec: EnvironmentSpec) -> EnvironmentSpec:
    """The model's packages as far as a converter needs them."""
    return replace(spec, requirements=tuple(line for line in spec.requirements if package(line) not in _NOT_TO_CONVERT))


def package(line: str) -> str:
    """The normal name of the package that a line of a requirements file asks for; empty when it is an option."""
    found = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def lists(spec: EnvironmentSpec, name: str) -> bool:
    """Whether the specification asks for that package already."""
    lines: Iterable[str] = (*spec.requirements, *(line.strip().lstrip("- ") for line in spec.conda.splitlines()))
    return any(package(line) == name for line in lines)


def is_empty(spec: EnvironmentSpec) -> bool:
    """Whether nothing was asked for."""
    return not (spec.requirements or spec.conda)
