"""What an operation of MLflow's API may touch, so that a job's token opens only its own project's runs and models.

Pure. Whatever is not listed is refused to jobs: what a new MLflow adds is closed until somebody has looked at it.
https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

import re
from enum import Enum, auto

from msgspec import Struct


class Touches(Enum):
    """What it reads or changes."""

    NOTHING = auto()
    """Nothing that belongs to a project: pages, names of experiments."""
    RUNS = auto()
    """The runs that the body or the query names."""
    SEARCH = auto()
    """Runs that fit a filter."""
    EXPERIMENTS = auto()
    """All runs of the experiments that the body names."""
    MODEL = auto()
    """The registered model that the body or the query names."""
    NEW_MODEL = auto()
    NEW_VERSION = auto()
    MODELS = auto()
    """Registered models, in a list."""
    VERSIONS = auto()
    """Their versions, in a list."""
    LOGGED = auto()
    """The logged model that the path names."""
    NEW_LOGGED = auto()
    ALL_LOGGED = auto()
    FILES = auto()
    """Artifacts below the path."""
    LISTED_FILES = auto()
    """Artifacts below the path that the query names."""
    OTHERS = auto()
    """What jobs do not get."""


class Operation(Struct, frozen=True):
    """What a request does, and the part of its path that says to what."""

    touches: Touches
    subject: str = ""


_API = "/api/2.0/mlflow/"
_FILES = "/api/2.0/mlflow-artifacts/"
_RUNS = re.findall(
    r"[\w-]+",
    "get update delete restore log-batch log-metric log-parameter set-tag delete-tag log-inputs outputs log-model",
)
_MODELS = re.findall(r"[\w-]+", "get update delete rename set-tag delete-tag alias get-latest-versions")
_VERSIONS = re.findall(r"[\w-]+", "get get-download-uri update delete transition-stage set-tag delete-tag")
_EXPERIMENTS = re.findall(r"[\w-]+", "create get get-by-name search list set-experiment-tag delete-experiment-tag")
_EXACT = {
    **{f"{_API}runs/{name}": Touches.RUNS for name in _RUNS},
    **{f"{_API}registered-models/{name}": Touches.MODEL for name in _MODELS},
    **{f"{_API}model-versions/{name}": Touches.MODEL for name in _VERSIONS},
    **{f"{_API}experiments/{name}": Touches.NOTHING for name in _EXPERIMENTS},
    **{f"{_API}experiments/{name}": Touches.EXPERIMENTS for name in ("delete", "restore", "update")},
    f"{_API}runs/create": Touches.RUNS,
    f"{_API}runs/search": Touches.SEARCH,
    f"{_API}artifacts/list": Touches.RUNS,
    f"{_API}metrics/get-history": Touches.RUNS,
    f"{_API}metrics/get-history-bulk-interval": Touches.RUNS,
    "/get-artifact": Touches.RUNS,
    f"{_API}registered-models/create": Touches.NEW_MODEL,
    f"{_API}registered-models/search": Touches.MODELS,
    f"{_API}registered-models/list": Touches.MODELS,
    f"{_API}model-versions/create": Touches.NEW_VERSION,
    f"{_API}model-versions/search": Touches.VERSIONS,
    f"{_API}logged-models": Touches.NEW_LOGGED,
    f"{_API}logged-models/search": Touches.ALL_LOGGED,
    f"{_FILES}artifacts": Touches.LISTED_FILES,
    "/api/3.0/mlflow/traces": Touches.NOTHING,
    "/v1/traces": Touches.NOTHING,
    "/": Touches.NOTHING,
    "/health": Touches.NOTHING,
    "/version": Touches.NOTHING,
    "/api/3.0/mlflow/server-info": Touches.NOTHING,
    "/api/3.0/mlflow/ui-telemetry": Touches.NOTHING,
}
_SUBJECTS = (
    (
        re.compile(rf"{_API}logged-models/(m-[0-9a-f]{{32}})(?:/params|/tags(?:/[^/]+)?|/artifacts/directories)?"),
        Touches.LOGGED,
    ),
    (re.compile(rf"{_FILES}artifacts/(.+)"), Touches.FILES),
    (re.compile(rf"{_FILES}mpu/(?:create|complete|abort)/(.+)"), Touches.FILES),
    (re.compile(r"/static-files/(.*)"), Touches.NOTHING),
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_OWNER = re.compile(r"([A-Za-z0-9_-]+)/(?:(models)/)?([A-Za-z0-9][A-Za-z0-9_-]{0,255})/artifacts(?:/.*)?", re.DOTALL)


def operation_of(method: str, path: str) -> Operation:
    """What a job's request does. `path` is decoded, below our prefix, and in its API form."""
    if method not in _METHODS:  # HEAD answers as GET does, but MLflow reads what it is about from a body
        return Operation(Touches.OTHERS)
    if path in _EXACT:
        return Operation(_EXACT[path])
    for pattern, touches in _SUBJECTS:
        if found := pattern.fullmatch(path):
            return Operation(touches, found[1])
    return Operation(Touches.OTHERS)


def owner_of_files(path: str) -> tuple[str, bool] | None:
    """The run, or (True) the logged model, whose artifacts lie at a path of the artifact proxy; None when the path says
    none. What follows it is MLflow's to check: it refuses whatever climbs.
    """
    found = _OWNER.fullmatch(path)
    return (found[3], bool(found[2])) if found else None
