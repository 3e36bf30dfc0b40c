"""What a path of MLflow's API means to us. Pure; paths are decoded and without our prefix.

An unknown operation on runs or experiments counts as one that may change everything.
"""

from __future__ import annotations

from drivetrain.record.tracking.writes import OPERATIONS

_API = "/api/2.0/mlflow/"
_HOT = {f"{_API}runs/{operation}": operation for operation in OPERATIONS}
_STILL = (
    "/static-files/",
    "/health",
    "/version",
    "/get-artifact",
    "/model-versions/get-artifact",
    "/api/2.0/mlflow-artifacts/",
    "/api/3.0/mlflow/server-info",
    "/api/3.0/mlflow/ui-telemetry",
)
_HARMLESS_TO_RUNS = frozenset(
    f"{_API}{operation}"
    for operation in (
        "runs/create",
        "runs/update",
        "runs/search",
        "runs/get",
        "runs/delete-tag",
        "runs/log-inputs",
        "runs/outputs",
        "runs/log-model",
        "experiments/create",
        "experiments/update",
        "experiments/search",
        "experiments/set-experiment-tag",
        "experiments/delete-experiment-tag",
        "experiments/search-datasets",
    )
)
_SEARCHES = frozenset(
    f"{_API}{operation}"
    for operation in (
        "runs/search",
        "experiments/search",
        "experiments/search-datasets",
        "logged-models/search",
        "registered-models/get-latest-versions",
    )
)
"""What is asked by POST and changes nothing."""
_NAMING_ARTIFACTS = tuple(
    f"{_API}{each}" for each in ("runs/", "logged-models", "model-versions/", "registered-models/")
)
_UPLOADS = "/api/2.0/mlflow-artifacts/"
_BUFFERED = f"{_API}runs/"


def canonical(path: str) -> str:
    """The API path that a path of the page's own API stands for."""
    return f"/api/{path.removeprefix('/ajax-api/')}" if path.startswith("/ajax-api/") else path


def climbs(path: str) -> bool:
    """Whether somebody on the way may read the path as another one than we do (RFC 3986, section 5.2.4)."""
    return "." in path and not {".", ".."}.isdisjoint(path.split("/"))


def hot_operation(path: str) -> str | None:
    """The operation, when a POST to this path may be a hot write."""
    return _HOT.get(path)


def sees_runs(path: str) -> bool:
    """Whether an answer may depend on what was written to runs."""
    return path != "/" and not path.startswith(_STILL)


def only_reads(method: str, path: str) -> bool:
    """Whether the request changes nothing; one that we do not know may."""
    return method in {"GET", "HEAD", "OPTIONS"} or (method == "POST" and path in _SEARCHES)


def may_change_known(method: str, path: str) -> bool:
    """Whether the request may end, revive or alter runs in a way that makes what we know of them wrong."""
    if method in {"GET", "HEAD", "OPTIONS"} or path in _HARMLESS_TO_RUNS:
        return False
    return path.startswith((_BUFFERED, f"{_API}experiments/"))


def speaks_of_one_run(path: str) -> bool:
    """Whether the body is a small JSON document that names a run."""
    return path.startswith(_BUFFERED)


def creates_run(method: str, path: str) -> bool:
    """Whether it asks for a new training run."""
    return method == "POST" and path == f"{_API}runs/create"


def writes_tags(method: str, path: str) -> bool:
    """Whether it may set or delete tags of a run in another way than by `runs/create`."""
    return method != "GET" and path in {
        f"{_API}runs/{name}" for name in ("set-tag", "log-batch", "delete-tag", "update", "create-promptlab-run")
    }


def may_name_artifacts(path: str) -> bool:
    """Whether a body or an answer, both of them small JSON documents, may name a place of artifacts."""
    return path.startswith(_NAMING_ARTIFACTS)


def takes_any_size(path: str) -> bool:
    """Whether bodies stream through to a file, however large."""
    return path.startswith(_UPLOADS)
