"""What a file of skops says, whatever times and addresses it holds: MLflow keeps scikit-learn models in one.

It is a zip of `schema.json`, a tree of nodes, and of arrays that nodes name by `file`. Each node has the address that
its object had in memory (`__id__`), and arrays are named after theirs.
https://skops.readthedocs.io/en/stable/persistence.html
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".skops"
SCHEMA = "schema.json"
MOST_SCHEMA = 200 << 20
MOST_BYTES = 8 << 30
"""Of all that is in it, unpacked."""
_CHUNK = 1 << 20
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile)
"""What zipfile and json raise for files that somebody has made to be odd."""


def skops_digest(path: Path) -> str:
    """The same for files that say the same; empty for one that cannot be read, or is too large to be."""
    try:
        with zipfile.ZipFile(path) as file:
            members = {each.filename: each.file_size for each in file.infolist()}
            if members.get(SCHEMA, 0) > MOST_SCHEMA or sum(members.values()) > MOST_BYTES:
                return ""
            arrays = {name: _digest(file, name) for name in members if name != SCHEMA}
            tree = _lasting(json.loads(file.read(SCHEMA)), arrays)
    except _UNREADABLE:
        return ""
    return hashlib.sha256(json.dumps(tree).encode()).hexdigest()


def _digest(file: zipfile.ZipFile, name: str) -> str:
    found = hashlib.sha256()
    with file.open(name) as member:
        while chunk := member.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _lasting(node: Any, arrays: dict[str, str]) -> Any:
    """The tree without addresses, and with what arrays hold in place of their names. Raises ValueError for a node that
    stands for another one, which skops only reads so far.
    """
    if isinstance(node, list):
        return [_lasting(each, arrays) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("__loader__") == "CachedNode":
        raise ValueError("it refers to another node by its address")
    found = {key: _lasting(value, arrays) for key, value in node.items() if key != "__id__"}
    if "__loader__" in node and isinstance(node.get("file"), str):
        found["file"] = arrays[node["file"]]
    return found
