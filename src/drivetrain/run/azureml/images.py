"""Images of Azure Machine Learning -> what stands for them here: a version of Python, and packages. Pure.

No image is fetched and no container started: a job gets an environment of Python with the packages that scripts of
Azure's own curated environments use most. What an image says in its name comes first.
https://learn.microsoft.com/azure/machine-learning/resource-curated-environments
"""

from __future__ import annotations

import re

from msgspec import Struct

DEFAULT_PYTHON = "3.10"
"""Where neither the image's name nor a conda file says one."""
TRACKING = ("mlflow-skinny", "azureml-mlflow")
SCIENCE = ("numpy", "pandas", "scipy", "joblib", "matplotlib")
_PYTHON = re.compile(r"(?:^|[^a-z0-9])(?:py|python|conda)[-_]?(3)\.?(\d{1,2})(?!\d)", re.IGNORECASE)
_VERSION = r"[-_:]?v?(\d+(?:\.\d+)+)?"


class Stands(Struct, frozen=True):
    """What is installed for an image whose name holds a word."""

    word: str
    main: str
    """The package that the word's version counts for."""
    more: tuple[str, ...] = ()


TABLE = (
    Stands("sklearn", "scikit-learn", (*SCIENCE, *TRACKING)),
    Stands("scikit-learn", "scikit-learn", (*SCIENCE, *TRACKING)),
    Stands("lightgbm", "lightgbm", ("scikit-learn", *SCIENCE, *TRACKING)),
    Stands("xgboost", "xgboost", ("scikit-learn", *SCIENCE, *TRACKING)),
    Stands("acpt-pytorch", "torch", ("torchvision", *SCIENCE, *TRACKING)),
    Stands("pytorch", "torch", ("torchvision", *SCIENCE, *TRACKING)),
    Stands("tensorflow", "tensorflow", (*SCIENCE, *TRACKING)),
    Stands("responsibleai", "responsibleai", ("scikit-learn", *SCIENCE, *TRACKING)),
    Stands("automl", "scikit-learn", (*SCIENCE, *TRACKING)),
    Stands("mlflow", "mlflow", ("scikit-learn", *SCIENCE)),
)


class Image(Struct, frozen=True):
    """What stands for an image."""

    python: str = DEFAULT_PYTHON
    said: bool = False
    """Whether the image's name says which Python it has."""
    packages: tuple[str, ...] = ()


def image_stands_for(*names: str) -> Image:
    """What stands for an image, by its name and that of the environment that has it. One that says nothing has a bare
    Python: `mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04` is filled by a conda file.
    """
    found = next((_PYTHON.search(name) for name in names if _PYTHON.search(name)), None)
    python = f"{found[1]}.{found[2]}" if found else _python_image(names)
    return Image(python or DEFAULT_PYTHON, bool(python), _packages(names))


def _python_image(names: tuple[str, ...]) -> str:
    """`python:3.11-slim` of Docker Hub."""
    for name in names:
        found = re.search(r"(?:^|/)python:(3\.\d{1,2})", name)
        if found:
            return found[1]
    return ""


def _packages(names: tuple[str, ...]) -> tuple[str, ...]:
    for stands in TABLE:
        for name in names:
            found = re.search(re.escape(stands.word) + _VERSION, name, re.IGNORECASE)
            if found:
                version = f"=={found[1]}.*" if found[1] else ""
                return (f"{stands.main}{version}", *stands.more)
    return ()
