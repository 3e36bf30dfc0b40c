"""Which tags a new training run gets, and which a job must leave alone. Pure: bytes in, bytes out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from drivetrain.record.tracking.model import BUILD_ID_TAG, RESERVED_TAGS, is_reserved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.view.api.mlflow.ports import Identity

_GIT_TAGS = {
    "mlflow.source.git.commit": "drivetrain.commit",
    "mlflow.source.git.branch": "drivetrain.branch",
}
"""MLflow's own tags (https://mlflow.org/docs/latest/tracking.html#system-tags) that we know the value of."""

_NOTE = "mlflow.note.content"
"""The description of a run, in Markdown. MLflow's page makes no links of tags, but of this it does."""
_RUN_URL = "drivetrain.run_url"
_MAY_NAME_ONE = (RESERVED_TAGS.encode(), b"\\", b"\0")
"""A body without these names no reserved tag: not plainly, not by an escape, not in UTF-16 or UTF-32 (which MLflow
reads as well, and where every plain letter has a zero byte)."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


def with_run_tags(body: bytes, identity: Identity) -> bytes:
    """The body of runs/create with the sender's tags in it: ours win for `drivetrain.*`, the client's for others."""
    document = _document(body)
    if document is None or not isinstance(document.get("tags", []), list):
        return body  # MLflow has its own answer to this
    asked: list[Any] = [tag for tag in document.get("tags", []) if not _forged(tag, identity)]
    named = {str(tag.get("key")) for tag in asked if isinstance(tag, dict)}
    given = [{"key": key, "value": value} for key, value in _given(identity).items() if key not in named]
    return json.dumps({**document, "tags": [*asked, *given]}).encode()


def forbidden_tag(body: bytes, identity: Identity) -> str | None:
    """A tag that this body would set or delete although it is not the sender's to change."""
    if identity.kind != "job" or not any(sign in body for sign in _MAY_NAME_ONE):
        return None
    document = _document(body)
    return next(_reserved(document, identity.run_tags), None) if document is not None else None


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
        if isinstance(document, str):  # old clients encode twice, and MLflow decodes twice
            document = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _given(identity: Identity) -> dict[str, str]:
    tags = dict(identity.run_tags)
    if identity.pipeline_run_id is not None:
        tags.setdefault(BUILD_ID_TAG, str(identity.pipeline_run_id))
    for name, source in _GIT_TAGS.items():
        if source in tags:
            tags.setdefault(name, tags[source])
    if (url := tags.get(_RUN_URL, "")).startswith(("http://", "https://")):
        number = _MARKDOWN.sub(r"\\\1", tags.get("drivetrain.build_number") or tags.get(BUILD_ID_TAG, ""))
        tags.setdefault(_NOTE, f"Made by [pipeline run {number}](<{url}>)")
    return tags


def _forged(tag: Any, identity: Identity) -> bool:
    key = tag.get("key") if isinstance(tag, dict) else None
    return identity.kind == "job" and isinstance(key, str) and is_reserved(key)


def _reserved(document: dict[str, Any], own: Mapping[str, str]) -> Iterator[str]:
    tags = document.get("tags")
    for tag in [document, *(tags if isinstance(tags, list) else [])]:
        key = tag.get("key") if isinstance(tag, dict) else None
        if isinstance(key, str) and is_reserved(key) and own.get(key) != tag.get("value"):
            yield key
