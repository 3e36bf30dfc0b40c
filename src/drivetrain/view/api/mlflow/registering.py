"""What a request does to the registry of models, and who asks for it. Pure; MLflow itself keeps neither."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from drivetrain.record.tracking.model import BUILD_ID_TAG, Registration

if TYPE_CHECKING:
    from drivetrain.view.api.mlflow.ports import Identity

_API = "/api/2.0/mlflow/"
_ALIAS = f"{_API}registered-models/alias"
_VERSION = f"{_API}model-versions/create"
_NUMBER = "drivetrain.build_number"
OWNER = "owner"


def changes_registry(method: str, path: str) -> bool:
    """Whether it makes a version, or gives or takes an alias."""
    return (method == "POST" and path == _VERSION) or gives_alias(method, path)


def gives_alias(method: str, path: str) -> bool:
    """Whether it gives or takes an alias."""
    return method in {"POST", "DELETE"} and path == _ALIAS


def registration(method: str, path: str, query: bytes, body: bytes, identity: Identity) -> Registration | None:
    """What is asked for, and by whom; None when MLflow will refuse it anyway."""
    asked = {**dict(parse_qsl(query.decode("latin-1"))), **_document(body)}
    name, alias, version = (str(asked.get(key) or "") for key in ("name", "alias", "version"))
    if not name or (path == _ALIAS and not alias):
        return None
    if path == _VERSION:
        alias = version = ""
    elif method == "DELETE":
        version = ""
    return Registration(name, alias, version, by=who(identity), run_id=run_of(identity))


def who(identity: Identity) -> str:
    """For people."""
    if identity.kind == "job" and not identity.token:
        return identity.run_tags.get(_NUMBER) or f"run {run_of(identity)}"
    return f"token {identity.token}" if identity.token else OWNER


def run_of(identity: Identity) -> int | None:
    """The pipeline run whose job it is."""
    said = identity.run_tags.get(BUILD_ID_TAG, "")
    return identity.pipeline_run_id or (int(said) if said.isascii() and said.isdigit() else None)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body) if body.strip() else {}
        if isinstance(document, str):  # old clients encode twice, and MLflow decodes twice
            document = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
