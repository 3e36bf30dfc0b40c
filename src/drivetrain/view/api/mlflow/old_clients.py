"""MLflow's clients before 1.24 (the last for Python 3.6 is 1.23.1) cannot use the artifact proxy below a prefix: they
put the prefix in the wrong place and send no token (mlflow/store/artifact/mlflow_artifacts_repo.py of 1.23), and before
1.22 they do not know it at all. They are told the folder behind it instead: their jobs run on this machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.view.api.mlflow.asgi import header

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.view.api.mlflow.asgi import Scope

_OLD = re.compile(rb"mlflow-python-client/(0\.|1\.(1?[0-9]|2[0-3])(\.|$))")
_LOCATION = re.compile(rb'("artifact_(?:uri|location)":\s*")mlflow-artifacts:/+')
_SPEAK_OF_ARTIFACTS = ("/api/2.0/mlflow/runs/", "/api/2.0/mlflow/experiments/")


def needs_folders(scope: Scope, path: str) -> bool:
    """Whether this answer goes to such a client and may name a place for artifacts."""
    return path.startswith(_SPEAK_OF_ARTIFACTS) and _OLD.match(header(scope, b"user-agent")) is not None


def with_folders(content: bytes, artifacts: Path) -> bytes:
    """MLflow's answer with the folder behind the artifact proxy in place of the proxy."""
    folder = artifacts.absolute().as_uri().encode() + b"/"
    return _LOCATION.sub(lambda found: found.group(1) + folder, content)
