"""Two spellings of where artifacts lie: MLflow's own, and the one by which azureml-mlflow finds its way to them.

mlflow-artifacts:/EXPERIMENT/RUN/artifacts            azureml://HOST/artifact/v2.0WS/experiments/EXPERIMENT/runs/RUN/artifacts
mlflow-artifacts:/EXPERIMENT/models/MODEL/artifacts   azureml://HOST/artifact/v2.0WS/experiments/EXPERIMENT/runs/MODEL/artifacts
"""

from __future__ import annotations

import re

_INSIDE = re.compile(rb"mlflow-artifacts:/+([A-Za-z0-9_-]+)/(?:models/)?([A-Za-z0-9][A-Za-z0-9_-]*)/artifacts")
_OUTSIDE = re.compile(
    rb"azureml://[^\"\\/]+/artifact/v[12]\.0/subscriptions/[^\"\\]*?"
    rb"/experiments/([A-Za-z0-9_-]+)/runs/([A-Za-z0-9][A-Za-z0-9_-]*)/artifacts"
)
_LOGGED = re.compile(rb"m-[0-9a-f]{32}")


class AzureAddresses:
    """`Links` for one workspace at one address."""

    def __init__(self, address: str, workspace_path: str) -> None:
        host = address.partition("://")[2]
        self._base = f"azureml://{host}/artifact/v2.0{workspace_path}/experiments/".encode()

    def outward(self, content: bytes) -> bytes:
        """MLflow's answer with addresses that azureml-mlflow understands."""
        return _INSIDE.sub(lambda found: self._base + found[1] + b"/runs/" + found[2] + b"/artifacts", content)

    def inward(self, content: bytes) -> bytes:
        """What azureml-mlflow sends, with addresses that every client of MLflow understands."""
        return _OUTSIDE.sub(_inside, content)


def _inside(found: re.Match[bytes]) -> bytes:
    models = b"models/" if _LOGGED.fullmatch(found[2]) else b""
    return b"mlflow-artifacts:/" + found[1] + b"/" + models + found[2] + b"/artifacts"
